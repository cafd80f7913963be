import { defineKernel, type Kernel } from "../kernel.ts";
import type { WeightShape } from "../pack.ts";
import { shaders } from "../shaders.ts";
import { blocksOf, epilogueConstants, sumOfBlocks } from "./conv2d.ts";

/** What {@linkcode winogradWeight} needs to know of its operands. */
export interface WinogradWeightParams {
  /** Channels of all inputs, each rounded up to blocks of four. */
  readonly inputChannels: number;
  /** Channels of the output. */
  readonly outputChannels: number;
}

/** Winograd's transform of packed 3×3 weights into packed 1×1 weights of 36 groups; shader `conv/winograd_weight.wgsl`. */
export const winogradWeight: Kernel<WinogradWeightParams> = defineKernel({
  name: "winograd_weight",
  source: shaders.winogradWeight,
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

/** Part of the tiles of 4×4 output pixels into which Winograd's convolution cuts all images. */
export interface WinogradStrip {
  /** Tiles along an image. */
  readonly across: number;
  /** Tiles down an image. */
  readonly down: number;
  /** The strip's first tile, counted over all images, row by row. */
  readonly first: number;
  /** Tiles of the strip. */
  readonly count: number;
}

/** What {@linkcode winogradInput} needs to know of its operands. */
export interface WinogradInputParams {
  /** Channels of each of the convolution's inputs. */
  readonly inputChannels: readonly number[];
  /** Which of them is transformed. */
  readonly index: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Zeros around the input, each way. */
  readonly padding: number;
  /** Whether the input is scaled and shifted by channel, and negative values become zero, before all else. Default: no. */
  readonly normalized?: boolean;
  /** Which tiles are transformed. */
  readonly strip: WinogradStrip;
}

/** Winograd's transform of a 3×3 convolution's input; shader `conv/winograd_input.wgsl`. */
export const winogradInput: Kernel<WinogradInputParams> = defineKernel({
  name: "winograd_input",
  source: shaders.winogradInput,
  constants: ({ normalized = false }: WinogradInputParams) => ({ normalized }),
  shape({ inputChannels, index, inputSize, padding, strip }) {
    return {
      input_height: inputSize[0],
      input_width: inputSize[1],
      padding,
      blocks: blocksOf(inputChannels[index]),
      all_blocks: sumOfBlocks(inputChannels),
      start: sumOfBlocks(inputChannels.slice(0, index)),
      ...stripShape(strip),
    };
  },
  workgroups: ({ inputChannels, index, strip }: WinogradInputParams) => [
    Math.ceil(strip.count / 64),
    blocksOf(inputChannels[index]),
    1,
  ],
});

/** A strip as the shaders' uniform names it. */
export function stripShape(
  { across, down, first, count }: WinogradStrip,
): Record<string, number> {
  return {
    tiles_across: across,
    tiles_down: down,
    first_tile: first,
    tiles: count,
  };
}

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

/** What {@linkcode cropWeight} needs to know of its operands. */
export interface CropWeightParams extends WeightShape {
  /** Taps that are left out at each end, both ways. */
  readonly border: number;
}

/** A square kernel's packed weight without its outermost taps; shader `conv/crop_weight.wgsl`. */
export const cropWeight: Kernel<CropWeightParams> = defineKernel({
  name: "crop_weight",
  source: shaders.cropWeight,
  constants: ({ inputs, kernel, border }: CropWeightParams) => ({
    side: kernel[0],
    border,
    inputs: blocksOf(inputs) * 4,
  }),
  workgroups: ({ inputs, outputs, kernel, border }) => [
    Math.ceil(blocksOf(inputs) * 4 / 64),
    (kernel[0] - 2 * border) ** 2,
    blocksOf(outputs),
  ],
});
