import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { WinogradWeightParams } from "../conv/winograd_weight.ts";

/** Gradient of Winograd's transform of weights; shader `backward/winograd_weight_gradient.wgsl`. */
export const winogradWeightGradient: Kernel<WinogradWeightParams> =
  defineKernel({
    name: "winograd_weight_gradient",
    source: shaders.winogradWeightGradient,
    constants: ({ inputChannels, outputChannels }: WinogradWeightParams) => ({
      inputs: blocksOf(inputChannels) * 4,
      output_blocks: blocksOf(outputChannels),
      ragged: blocksOf(inputChannels) % 16 > 0,
    }),
    workgroups: ({ inputChannels, outputChannels }) => [
      Math.ceil(blocksOf(inputChannels) * 4 / 64),
      blocksOf(outputChannels),
      1,
    ],
  });
