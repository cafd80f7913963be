import { defineKernel, type Kernel, valueFormula } from "../kernel.ts";
import type { WeightShape } from "../pack.ts";
import { shaders } from "../shaders.ts";
import { blocksOf, epilogueConstants, sumOfBlocks } from "./conv2d.ts";

/** Parameters of {@linkcode winogradWeight}. */
export interface WinogradWeightParams {
  /** Total channels of the inputs, each rounded up to a multiple of four. */
  readonly inputChannels: number;
  /** Channels of the output. */
  readonly outputChannels: number;
}

/** Winograd transform of packed 3×3 weights to packed 1×1 weights of 36 groups; shader `conv/winograd_weight.wgsl`. */
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

/** A range of the 4×4 output tiles of a Winograd convolution, over all images. */
export interface WinogradStrip {
  /** Tiles per row of an image. */
  readonly across: number;
  /** Rows of tiles per image. */
  readonly down: number;
  /** Index of the first tile, row by row over all images. */
  readonly first: number;
  /** Number of tiles. */
  readonly count: number;
}

/** Parameters of {@linkcode winogradInput}. */
export interface WinogradInputParams {
  /** Channels of each of the convolution's inputs. */
  readonly inputChannels: readonly number[];
  /** Index of the input to transform. */
  readonly index: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Zeros added on each side of the input. */
  readonly padding: number;
  /** Whether each channel is first scaled, shifted and passed through a ReLU. Default: false. */
  readonly normalized?: boolean;
  /** The tiles to transform. */
  readonly strip: WinogradStrip;
}

/** Winograd transform of a 3×3 convolution's input; shader `conv/winograd_input.wgsl`. */
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

/** A strip as members of the shaders' `Shape`. */
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

/** Parameters of {@linkcode winogradOutput}. */
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
  /** WGSL of a `vec4f`: a formula of `value`, in the place of the ReLU. Default: none. */
  readonly formula?: string;
  /** Whether a scale and shift per channel follow. */
  readonly affine: boolean;
  /** Whether results become zero where a tensor of the output's shape is not positive. Default: false. */
  readonly mask?: boolean;
  /** The tiles to transform. */
  readonly strip: WinogradStrip;
}

/** Inverse Winograd transform with a convolution's epilogue; shader `conv/winograd_output.wgsl`. */
export const winogradOutput: Kernel<WinogradOutputParams> = defineKernel<
  WinogradOutputParams
>({
  name: "winograd_output",
  source: shaders.winogradOutput,
  constants: (params: WinogradOutputParams) => epilogueConstants(params),
  formula: valueFormula,
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

/** Parameters of {@linkcode cropWeight}. */
export interface CropWeightParams extends WeightShape {
  /** Taps to remove on each side. */
  readonly border: number;
}

/** Removes the outermost taps of a square kernel's packed weight; shader `conv/crop_weight.wgsl`. */
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
