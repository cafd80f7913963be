import { blocksOf, sumOfBlocks } from "./conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

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
