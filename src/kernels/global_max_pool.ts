import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** What {@linkcode globalMaxPool} needs to know of its operands. */
export interface GlobalMaxPoolParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels of a plane. */
  readonly pixels: number;
}

/** Maximum over all pixels of a channel; shader `pool/global_max_pool.wgsl`. */
export const globalMaxPool: Kernel<GlobalMaxPoolParams> = defineKernel({
  name: "global_max_pool",
  source: shaders.globalMaxPool,
  constants: ({ pixels }: GlobalMaxPoolParams) => ({ pixels }),
  workgroups: ({ planes }) => [1, planes, 1],
});
