import { defineKernel, type Kernel } from "../kernel.ts";
import type { ResizeBilinearParams } from "../resize/resize_bilinear.ts";
import { shaders } from "../shaders.ts";

/** Gradient of {@linkcode resizeBilinear}'s input; shader `backward/resize_bilinear_backward.wgsl`. */
export const resizeBilinearBackward: Kernel<ResizeBilinearParams> =
  defineKernel({
    name: "resize_bilinear_backward",
    source: shaders.resizeBilinearBackward,
    constants: ({ inputSize, outputSize }: ResizeBilinearParams) => ({
      input_height: inputSize[0],
      input_width: inputSize[1],
      output_height: outputSize[0],
      output_width: outputSize[1],
    }),
    workgroups: ({ inputSize: [height, width], planes }) => [
      Math.ceil(height * width / 64),
      planes,
      1,
    ],
  });
