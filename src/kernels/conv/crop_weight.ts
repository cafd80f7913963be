import { blocksOf } from "./conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import type { WeightShape } from "../pack_weights.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode cropWeight} needs to know of its operands. */
export interface CropWeightParams extends WeightShape {
  /** Taps that are left out at each end, both ways. */
  readonly border: number;
}

/** A square kernel's packed weight without its outermost taps; shader `conv/crop_weight.wgsl`. */
export const cropWeight: Kernel<CropWeightParams> = defineKernel({
  name: "crop_weight",
  source: shaders.cropWeight,
  constants: ({ inputs, kernel, border }: CropWeightParams) => ({
    side: kernel[0],
    border,
    inputs: blocksOf(inputs) * 4,
  }),
  workgroups: ({ inputs, outputs, kernel, border }) => [
    Math.ceil(blocksOf(inputs) * 4 / 64),
    (kernel[0] - 2 * border) ** 2,
    blocksOf(outputs),
  ],
});
