import { defineKernel, type Kernel } from "../kernel.ts";
import { type MaxPool2dParams, windowGrid } from "../pool/max_pool2d.ts";
import { shaders } from "../shaders.ts";

/** The tap of each window of a max-pool that won; shader `backward/max_pool2d_winners.wgsl`. */
export const maxPool2dWinners: Kernel<MaxPool2dParams> = defineKernel({
  name: "max_pool2d_winners",
  source: shaders.maxPool2dWinners,
  ...windowGrid,
});

/** Gradient of a max-pool's input; shader `backward/max_pool2d_backward.wgsl`. */
export const maxPool2dBackward: Kernel<MaxPool2dParams> = defineKernel({
  name: "max_pool2d_backward",
  source: shaders.maxPool2dBackward,
  constants: windowGrid.constants,
  workgroups: ({ inputSize: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});
