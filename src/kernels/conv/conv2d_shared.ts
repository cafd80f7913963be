import { conv2dGrid, type Conv2dParams, epilogueConstants } from "./conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/**
 * Two-dimensional convolution as a matrix product through workgroup memory, for GPUs; shader `conv/conv2d_shared.wgsl`. The
 * tiling's `lanes * pixels` must divide its `lanes * rows`, and a group of outputs must be whole workgroups.
 */
export const conv2dShared: Kernel<Conv2dParams> = defineKernel({
  name: "conv2d_shared",
  source: shaders.conv2dShared,
  constants({ tiling, ...params }: Conv2dParams) {
    const { lanes, rows, pixels, outputs } = tiling;
    return {
      inputs: params.inputChannels.length,
      lanes,
      rows,
      pixels,
      outputs,
      ...epilogueConstants(params),
    };
  },
  ...conv2dGrid,
});
