import { defineKernel, type Kernel, valueFormula } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import {
  blocksOf,
  conv2dGrid,
  type Conv2dParams,
  epilogueConstants,
} from "./conv2d.ts";

/** Parameters of {@linkcode conv2dShared}. */
export interface Conv2dSharedParams extends Conv2dParams {
  /** Parts of each sum, for {@linkcode addParts}; they have no epilogue. Default: 1, the sum itself. */
  readonly splits?: number;
  /** Whether there are two buffers in workgroup memory, so that there is a barrier a step instead of two. Default: false. */
  readonly double?: boolean;
}

/**
 * Two-dimensional convolution as a matrix product through workgroup memory, for GPUs; shader `conv/conv2d_shared.wgsl`. The
 * tiling's `lanes * pixels` must divide its `lanes * rows`, and a group of outputs must fill whole workgroups.
 */
export const conv2dShared: Kernel<Conv2dSharedParams> = defineKernel<
  Conv2dSharedParams
>({
  name: "conv2d_shared",
  source: shaders.conv2dShared,
  constants({ tiling, splits = 1, double = false, ...params }) {
    const { lanes, rows, pixels, outputs } = tiling;
    return {
      inputs: params.inputChannels.length,
      ...{ lanes, rows, pixels, outputs, splits, double },
      buffers: double ? 2 : 1,
      ...epilogueConstants({ ...params, parts: splits > 1 }),
    };
  },
  formula: valueFormula,
  shape: conv2dGrid.shape,
  workgroups({ splits = 1, ...params }) {
    const [x, y, z] = conv2dGrid.workgroups(params);
    return [x, y, z * splits];
  },
});

/** Adds up the parts of sums, with a convolution's epilogue; shader `conv/add_parts.wgsl`. */
export const addParts: Kernel<Conv2dSharedParams> = defineKernel<
  Conv2dSharedParams
>({
  name: "add_parts",
  source: shaders.addParts,
  constants: ({ splits = 1, ...params }: Conv2dSharedParams) => ({
    splits,
    ...epilogueConstants(params),
  }),
  formula: valueFormula,
  shape: ({ outputChannels, outputSize: [height, width] }) => ({
    blocks: blocksOf(outputChannels),
    pixels: height * width,
  }),
  workgroups: ({ batch, outputChannels, outputSize: [height, width] }) => [
    Math.ceil(height * width / 64),
    blocksOf(outputChannels),
    batch,
  ],
});
