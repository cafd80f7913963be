import { blocksOf, epilogueConstants } from "./conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import { stripShape, type WinogradStrip } from "./winograd_input.ts";

/** What {@linkcode winogradOutput} needs to know of its operands. */
export interface WinogradOutputParams {
  /** Channels of the output. */
  readonly outputChannels: number;
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** Whether there is a bias. */
  readonly bias: boolean;
  /** Whether a tensor of the output's shape is added. */
  readonly residual: boolean;
  /** Whether negative results become zero. */
  readonly relu: boolean;
  /** Whether a scale and shift per channel follow. */
  readonly affine: boolean;
  /** Whether results become zero where a tensor of the output's shape is not positive. Default: no. */
  readonly mask?: boolean;
  /** Which tiles are transformed. */
  readonly strip: WinogradStrip;
}

/** Winograd's transform back, with what follows a convolution; shader `conv/winograd_output.wgsl`. */
export const winogradOutput: Kernel<WinogradOutputParams> = defineKernel({
  name: "winograd_output",
  source: shaders.winogradOutput,
  constants: (params: WinogradOutputParams) => epilogueConstants(params),
  shape: ({ outputChannels, outputSize, strip }) => ({
    output_height: outputSize[0],
    output_width: outputSize[1],
    blocks: blocksOf(outputChannels),
    ...stripShape(strip),
  }),
  workgroups: ({ outputChannels, strip }) => [
    Math.ceil(strip.count / 64),
    blocksOf(outputChannels),
    1,
  ],
});
