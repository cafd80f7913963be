import { conv2dGrid, type Conv2dParams, epilogueConstants } from "./conv2d.ts";
import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/**
 * 1×1 convolution, without stride, of planes with an even number of pixels, which are loaded in pairs; shader
 * `conv/conv2d_pointwise.wgsl`. The tiling's pixels must be even.
 */
export const conv2dPointwise: Kernel<Conv2dParams> = defineKernel({
  name: "conv2d_pointwise",
  source: shaders.conv2dPointwise,
  constants({ tiling, ...params }: Conv2dParams) {
    const { lanes, rows, pixels, outputs, broadcast } = tiling;
    const spread = broadcast ? lanes : 1;
    return {
      lanes,
      rows,
      pixels,
      outputs,
      spread,
      weights: Math.ceil(outputs * 2 / spread),
      broadcast,
      ...epilogueConstants(params),
    };
  },
  shape(params) {
    const { input_blocks, output_blocks, group_outputs } = conv2dGrid.shape(
      params,
    );
    const [height, width] = params.outputSize;
    return {
      input_blocks,
      output_blocks,
      group_outputs,
      pairs: height * width / 2,
    };
  },
  inputs: conv2dGrid.inputs,
  workgroups: conv2dGrid.workgroups,
});
