import { defineKernel, type Kernel } from "./kernel.ts";
import type { MaxPool2dParams } from "./max_pool2d.ts";
import { shaders } from "./shaders.ts";

/** Gradient of {@linkcode maxPool2d}'s input; shader `backward/max_pool2d_backward.wgsl`. */
export const maxPool2dBackward: Kernel<MaxPool2dParams> = defineKernel({
  name: "max_pool2d_backward",
  source: shaders.maxPool2dBackward,
  constants: (params: MaxPool2dParams) => ({
    input_height: params.inputSize[0],
    input_width: params.inputSize[1],
    output_height: params.outputSize[0],
    output_width: params.outputSize[1],
    kernel: params.kernel,
    stride: params.stride,
    padding: params.padding,
  }),
  workgroups: ({ inputSize: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});
