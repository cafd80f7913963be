import { conv2dGrid, type Conv2dParams, epilogueConstants } from "./conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode conv2dPointwise} needs to know of its operands. */
export interface Conv2dPointwiseParams extends Conv2dParams {
  /** Whether the weight is that of the convolution from output to the one input: for its gradient. Default: no. */
  readonly transposed?: boolean;
  /** Whether results become zero where a tensor of the output's shape is not positive. Default: no. */
  readonly mask?: boolean;
}

/**
 * 1×1 convolution, without stride, of planes with an even number of pixels, which are loaded in pairs; shader
 * `conv/conv2d_pointwise.wgsl`. The tiling's pixels must be even.
 */
export const conv2dPointwise: Kernel<Conv2dPointwiseParams> = defineKernel({
  name: "conv2d_pointwise",
  source: shaders.conv2dPointwise,
  constants({ tiling, ...params }: Conv2dPointwiseParams) {
    const { lanes, rows, pixels, outputs, broadcast } = tiling;
    const spread = broadcast ? lanes : 1;
    return {
      inputs: params.inputChannels.length,
      lanes,
      rows,
      pixels,
      outputs,
      spread,
      weights: Math.ceil(outputs * 2 / spread),
      broadcast,
      transposed: params.transposed ?? false,
      ...epilogueConstants(params),
    };
  },
  shape(params) {
    const [height, width] = params.outputSize;
    return { ...conv2dGrid.shape(params), pairs: height * width / 2 };
  },
  workgroups: conv2dGrid.workgroups,
});
