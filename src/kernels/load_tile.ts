import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Which way a tile is mirrored before it goes through the network. */
export interface Flip {
  /** Left and right change places. */
  readonly horizontal: boolean;
  /** Top and bottom change places. */
  readonly vertical: boolean;
}

/** Mean and standard deviation per channel, for pixel values in 0..1. */
export interface Normalization {
  /** Red, green and blue. */
  readonly mean: readonly [number, number, number];
  /** Red, green and blue. */
  readonly std: readonly [number, number, number];
}

/** A normalisation as constants of shaders. */
export function normalizationConstants(
  { mean, std }: Normalization,
): Readonly<Record<string, number>> {
  const [mean_red, mean_green, mean_blue] = mean;
  const [std_red, std_green, std_blue] = std;
  return { mean_red, mean_green, mean_blue, std_red, std_green, std_blue };
}

/** What {@linkcode loadTile} needs to know of its operands. */
export interface LoadTileParams {
  /** Side of the square tile after downsampling. */
  readonly side: number;
  /** Slide pixels per tile pixel, each way. */
  readonly factor: number;
  /** How the tile is mirrored. */
  readonly flip: Flip;
  /** How pixel values are scaled. */
  readonly normalization: Normalization;
}

/** 8-bit RGB to a network's input: unpack, area downsample, flip, normalise; shader `tile/load_tile.wgsl`. */
export const loadTile: Kernel<LoadTileParams> = defineKernel({
  name: "load_tile",
  source: shaders.loadTile,
  constants: ({ side, factor, flip, normalization }: LoadTileParams) => ({
    side,
    factor,
    flip_horizontal: flip.horizontal,
    flip_vertical: flip.vertical,
    ...normalizationConstants(normalization),
  }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});
