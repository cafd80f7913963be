import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

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
  constants({ planes, pixels }: GlobalMaxPoolParams) {
    const lanes = lanesFor(pixels);
    return { planes, pixels, lanes, several: lanes > 1 };
  },
  workgroups: ({ planes, pixels }) => [
    Math.ceil(planes * lanesFor(pixels) / 64),
    1,
    1,
  ],
});

/** Threads a plane. Software adapters wait long at a barrier, so small planes have none, and others few threads to wait for. */
function lanesFor(pixels: number): number {
  if (pixels <= 16) return 1;
  return pixels <= 512 ? 8 : 64;
}
