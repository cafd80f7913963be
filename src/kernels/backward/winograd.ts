import { blocksOf } from "../conv/conv2d.ts";
import {
  stripShape,
  type WinogradStrip,
  type WinogradWeightParams,
} from "../conv/winograd.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** Parameters of {@linkcode winogradOutputGradient}. */
export interface WinogradOutputGradientParams {
  /** Channels of the output. */
  readonly outputChannels: number;
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** The tiles to transform. */
  readonly strip: WinogradStrip;
}

/** Gradient of the inverse Winograd transform; shader `backward/winograd_output_gradient.wgsl`. */
export const winogradOutputGradient: Kernel<WinogradOutputGradientParams> =
  defineKernel({
    name: "winograd_output_gradient",
    source: shaders.winogradOutputGradient,
    constants: () => ({}),
    shape: ({ outputChannels, outputSize, strip }) => ({
      output_height: outputSize[0],
      output_width: outputSize[1],
      blocks: blocksOf(outputChannels),
      ...stripShape(strip),
    }),
    workgroups: ({ outputChannels, strip }: WinogradOutputGradientParams) => [
      Math.ceil(strip.count / 64),
      blocksOf(outputChannels),
      1,
    ],
  });

/** Gradient of the Winograd transform of weights; shader `backward/winograd_weight_gradient.wgsl`. */
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
