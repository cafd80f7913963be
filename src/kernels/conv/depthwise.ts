import { defineKernel, type Kernel, valueFormula } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import { blocksOf, type Conv2dParams, epilogueConstants } from "./conv2d.ts";

/** Parameters of {@linkcode depthwise}: a convolution with as many groups as channels. */
export type DepthwiseParams = Omit<
  Conv2dParams,
  "tiling" | "inputChannels" | "groups" | "shuffle"
>;

/** Pixels of a workgroup: threads times pixels of each. */
const SPAN = 64 * 4;

/** Convolution of each channel alone; shader `conv/depthwise.wgsl`. */
export const depthwise: Kernel<DepthwiseParams> = defineKernel<DepthwiseParams>(
  {
    name: "depthwise",
    source: shaders.depthwise,
    constants: (params) => ({
      input_height: params.inputSize[0],
      input_width: params.inputSize[1],
      output_height: params.outputSize[0],
      output_width: params.outputSize[1],
      blocks: blocksOf(params.outputChannels),
      side: params.kernel[0],
      stride: params.stride,
      padding: params.padding,
      dilation: params.dilation,
      ...epilogueConstants(params),
    }),
    formula: valueFormula,
    workgroups: ({ outputSize: [height, width], outputChannels, batch }) => [
      Math.ceil(height * width / SPAN),
      batch * blocksOf(outputChannels),
      1,
    ],
  },
);
