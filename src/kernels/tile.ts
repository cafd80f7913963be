import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** What {@linkcode downsampleTile} needs to know of its operands. */
export interface DownsampleTileParams {
  /** Side of the square tile after downsampling. */
  readonly side: number;
  /** Slide pixels per tile pixel, each way. */
  readonly factor: number;
}

/** 8-bit RGB to a word a pixel, downsampled by area; shader `tile/downsample_tile.wgsl`. */
export const downsampleTile: Kernel<DownsampleTileParams> = defineKernel({
  name: "downsample_tile",
  source: shaders.downsampleTile,
  constants: ({ side, factor }: DownsampleTileParams) => ({ side, factor }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});

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

/** What {@linkcode accumulate} needs to know of its operands. */
export interface AccumulateParams {
  /** Side of the square tile. */
  readonly side: number;
  /** Share of this prediction in the average. */
  readonly weight: number;
  /** How the tile was mirrored before it went through the network. */
  readonly flip: Flip;
}

/** Adds a prediction's share to the average probability; shader `tile/accumulate.wgsl`. */
export const accumulate: Kernel<AccumulateParams> = defineKernel({
  name: "accumulate",
  source: shaders.accumulate,
  constants: ({ side, weight, flip }: AccumulateParams) => ({
    ...pixelConstants({ side, flip }),
    weight,
  }),
  workgroups: pixelWorkgroups,
});

/** What {@linkcode finish} needs to know of its operands. */
export interface FinishParams {
  /** Side of the square tile, before upsampling. */
  readonly side: number;
  /** Side of the centre that is kept, before upsampling. */
  readonly centre: number;
  /** Slide pixels that the centre covers, each way. */
  readonly span: number;
  /** Whether the probabilities are kept beside the mask. */
  readonly probability: boolean;
  /** Whether they are kept as bytes, 0 to 255. Default: no. */
  readonly bytes?: boolean;
}

/** Probability map to mask: upsample, crop, threshold; shader `tile/finish.wgsl`. */
export const finish: Kernel<FinishParams> = defineKernel({
  name: "finish",
  source: shaders.finish,
  constants: ({ side, centre, span, probability, bytes }: FinishParams) => ({
    side,
    centre,
    span,
    keep_probability: probability,
    keep_bytes: bytes ?? false,
  }),
  workgroups: ({ span }) => [Math.ceil(span ** 2 / 1024), 1, 1],
});
