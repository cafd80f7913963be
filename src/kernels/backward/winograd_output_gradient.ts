import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import { stripShape, type WinogradStrip } from "../conv/winograd_input.ts";

/** What {@linkcode winogradOutputGradient} needs to know of its operands. */
export interface WinogradOutputGradientParams {
  /** Channels of the output. */
  readonly outputChannels: number;
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** Which tiles are transformed. */
  readonly strip: WinogradStrip;
}

/** Gradient of Winograd's transform back; shader `backward/winograd_output_gradient.wgsl`. */
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
