import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { WeightNormParams } from "../norm/weight_norm.ts";

/** Gradients of {@linkcode weightNorm}'s direction and length; shader `backward/weight_norm_backward.wgsl`. */
export const weightNormBackward: Kernel<WeightNormParams> = defineKernel({
  name: "weight_norm_backward",
  source: shaders.weightNormBackward,
  constants: () => ({}),
  shape: ({ vectors }: WeightNormParams) => ({ vectors }),
  workgroups: ({ blocks }) => [blocks, 1, 1],
});
