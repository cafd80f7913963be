import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode downsampleTile}. */
export interface DownsampleTileParams {
  /** Side of the square tile after downsampling. */
  readonly side: number;
  /** Slide pixels per tile pixel along each axis. */
  readonly factor: number;
}

/** Downsamples 8-bit RGB by area, to a word per pixel; shader `tile/downsample_tile.wgsl`. */
export const downsampleTile: Kernel<DownsampleTileParams> = defineKernel({
  name: "downsample_tile",
  source: shaders.downsampleTile,
  constants: ({ side, factor }: DownsampleTileParams) => ({ side, factor }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});

/** How a tile is flipped before it goes through the network. */
export interface Flip {
  /** Whether left and right are swapped. */
  readonly horizontal: boolean;
  /** Whether top and bottom are swapped. */
  readonly vertical: boolean;
}

/**
 * Mean and standard deviation per channel, for pixel values from 0 to 1.
 *
 * @category Graphs
 */
export interface Normalization {
  /** Red, green and blue. */
  readonly mean: readonly [number, number, number];
  /** Red, green and blue. */
  readonly std: readonly [number, number, number];
}

/** A normalization as shader constants. */
export function normalizationConstants(
  { mean, std }: Normalization,
): Readonly<Record<string, number>> {
  const [mean_red, mean_green, mean_blue] = mean;
  const [std_red, std_green, std_blue] = std;
  return { mean_red, mean_green, mean_blue, std_red, std_green, std_blue };
}

/** Parameters of {@linkcode loadTile}. */
export interface LoadTileParams {
  /** Side of the square tile. */
  readonly side: number;
  /** How the tile is flipped. */
  readonly flip: Flip;
  /** How pixel values are normalized. */
  readonly normalization: Normalization;
}

/** Converts a tile of bytes to the network's input: unpack, flip, normalize; shader `tile/load_tile.wgsl`. */
export const loadTile: Kernel<LoadTileParams> = defineKernel({
  name: "load_tile",
  source: shaders.loadTile,
  constants: ({ side, flip, normalization }: LoadTileParams) => ({
    ...pixelConstants({ side, flip }),
    ...normalizationConstants(normalization),
  }),
  workgroups: pixelWorkgroups,
});

/** Constants of shaders whose threads process four pixels of a row, or one if rows are not multiples of four. */
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

/** Pixels per thread. */
function pixelsOf(side: number): 1 | 4 {
  return side % 4 === 0 ? 4 : 1;
}

/** Parameters of {@linkcode accumulate}. */
export interface AccumulateParams {
  /** Side of the square tile. */
  readonly side: number;
  /** Weight of this prediction in the average. */
  readonly weight: number;
  /** How the tile was flipped before it went through the network. */
  readonly flip: Flip;
}

/** Parameters of {@linkcode accumulate}, of one class. */
export interface AccumulateOneParams extends AccumulateParams {
  /** Adds the weight where the probability is above this threshold, in place of the probability. */
  readonly vote?: number;
}

/** Adds a weighted prediction to the average probability; shader `tile/accumulate.wgsl`. */
export const accumulate: Kernel<AccumulateOneParams> = defineKernel({
  name: "accumulate",
  source: shaders.accumulate,
  constants: ({ side, weight, flip, vote }: AccumulateOneParams) => ({
    ...pixelConstants({ side, flip }),
    weight,
    vote: vote !== undefined,
    threshold: vote ?? 0,
  }),
  workgroups: pixelWorkgroups,
});

/** Parameters of {@linkcode accumulateClasses}. */
export interface AccumulateClassesParams extends AccumulateParams {
  /** Number of classes. */
  readonly classes: number;
  /** Whether probabilities are a softmax over the channels, the first of which is background; else sigmoids. */
  readonly softmax: boolean;
}

/** Adds a weighted prediction of several classes to their average probabilities; shader `tile/accumulate_classes.wgsl`. */
export const accumulateClasses: Kernel<AccumulateClassesParams> = defineKernel({
  name: "accumulate_classes",
  source: shaders.accumulateClasses,
  constants: (
    { side, weight, flip, classes, softmax }: AccumulateClassesParams,
  ) => ({
    ...{ side, weight, classes, softmax },
    flip_horizontal: flip.horizontal,
    flip_vertical: flip.vertical,
  }),
  workgroups: ({ side }) => [Math.ceil(side * side / 256), 1, 1],
});

/** Parameters of {@linkcode finish}. */
export interface FinishParams {
  /** Side of the square tile, before upsampling. */
  readonly side: number;
  /** Side of the center to keep, before upsampling. */
  readonly center: number;
  /** Side of the center in slide pixels. */
  readonly span: number;
  /** Number of classes. Default: 1. */
  readonly classes?: number;
  /** Whether to output the highest probability of each pixel, too. */
  readonly probability: boolean;
  /** Whether to output it as bytes, 0 to 255. Default: false. */
  readonly bytes?: boolean;
  /** Whether to output the probabilities of all classes. Default: false. */
  readonly fulls?: boolean;
  /** Whether to output them as bytes. Default: false. */
  readonly planes?: boolean;
}

/** Converts probability maps to a mask: upsample, crop, choose a class, threshold; shader `tile/finish.wgsl`. */
export const finish: Kernel<FinishParams> = defineKernel({
  name: "finish",
  source: shaders.finish,
  constants: ({ classes = 1, probability, ...params }: FinishParams) => ({
    side: params.side,
    center: params.center,
    span: params.span,
    classes,
    keep_probability: probability,
    keep_bytes: params.bytes ?? false,
    keep_fulls: params.fulls ?? false,
    keep_planes: params.planes ?? false,
  }),
  workgroups: ({ span }) => [Math.ceil(span ** 2 / 1024), 1, 1],
});
