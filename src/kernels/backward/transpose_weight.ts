import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import type { WeightShape } from "../pack_weights.ts";
import { shaders } from "../shaders.ts";

/** A packed weight of one group with inputs and outputs exchanged and its taps turned; shader `backward/transpose_weight.wgsl`. */
export const transposeWeight: Kernel<WeightShape> = defineKernel({
  name: "transpose_weight",
  source: shaders.transposeWeight,
  constants: ({ inputs, outputs, kernel }: WeightShape) => ({
    input_blocks: blocksOf(inputs),
    output_blocks: blocksOf(outputs),
    taps: kernel[0] * kernel[1],
  }),
  workgroups: ({ inputs, outputs, kernel }) => [
    Math.ceil(blocksOf(inputs) * kernel[0] * kernel[1] / 64),
    blocksOf(outputs),
    1,
  ],
});
