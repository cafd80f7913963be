import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

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

/** A normalization as constants of shaders. */
export function normalizationConstants(
  { mean, std }: Normalization,
): Readonly<Record<string, number>> {
  const [mean_red, mean_green, mean_blue] = mean;
  const [std_red, std_green, std_blue] = std;
  return { mean_red, mean_green, mean_blue, std_red, std_green, std_blue };
}

/** What {@linkcode loadTile} needs to know of its operands. */
export interface LoadTileParams {
  /** Side of the square tile. */
  readonly side: number;
  /** How the tile is mirrored. */
  readonly flip: Flip;
  /** How pixel values are scaled. */
  readonly normalization: Normalization;
}

/** A tile of bytes to a network's input: unpack, flip, normalize; shader `tile/load_tile.wgsl`. */
export const loadTile: Kernel<LoadTileParams> = defineKernel({
  name: "load_tile",
  source: shaders.loadTile,
  constants: ({ side, flip, normalization }: LoadTileParams) => ({
    ...pixelConstants({ side, flip }),
    ...normalizationConstants(normalization),
  }),
  workgroups: pixelWorkgroups,
});

/** Constants of shaders whose threads take a tile's pixels in fours, or one by one where rows are not made of fours. */
export function pixelConstants(
  { side, flip }: { readonly side: number; readonly flip: Flip },
): Readonly<Record<string, number | boolean>> {
  const pixels = pixelsOf(side);
  const fours = pixels === 4;
  return {
    side,
    pixels,
    fours,
    flip_horizontal: flip.horizontal,
    flip_vertical: flip.vertical,
  };
}

/** Workgroups of such shaders. */
export function pixelWorkgroups(
  { side }: { readonly side: number },
): [number, number, number] {
  return [Math.ceil(side * side / pixelsOf(side) / 256), 1, 1];
}

/** Pixels a thread. */
function pixelsOf(side: number): 1 | 4 {
  return side % 4 === 0 ? 4 : 1;
}
