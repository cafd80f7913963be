import type { GlobalMaxPoolParams } from "../pool/global_max_pool.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** Gradient of {@linkcode globalMaxPool}'s input; shader `backward/global_max_pool_backward.wgsl`. */
export const globalMaxPoolBackward: Kernel<GlobalMaxPoolParams> = defineKernel({
  name: "global_max_pool_backward",
  source: shaders.globalMaxPoolBackward,
  constants: ({ pixels }: GlobalMaxPoolParams) => ({ pixels }),
  workgroups: ({ planes }) => [1, planes, 1],
});
