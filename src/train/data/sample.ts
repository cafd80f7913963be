import type { Normalization } from "../../kernels/tile.ts";
import type { LabelSource } from "../../labels/label_source.ts";
import type { Slide } from "../../slide/slide.ts";
import { areaDownsample, resampleArea } from "../../tiles/area_downsample.ts";
import { tileFactor, type TilePosition } from "../../tiles/plan_tiles.ts";
import { readTile, type TileReading } from "../../tiles/stream_tiles.ts";

/** A tile to train on: where it lies, not its pixels. */
export interface Sample {
  /** Its place among its source's samples. */
  readonly index: number;
  /** The slide's name. */
  readonly slide: string;
  /** Left edge in level-0 pixels; negative where padding begins before the slide. */
  readonly x: number;
  /** Top edge in level-0 pixels. */
  readonly y: number;
  /** Pixels in the mask, after downsampling, that are set. */
  readonly positive: number;
}

/** A sample with its pixels. */
export interface SampleTile {
  /** Which sample it is. */
  readonly sample: Sample;
  /** Side of the square, expansion included, in pixels after downsampling. */
  readonly side: number;
  /** 8-bit RGB after downsampling, row by row: `side * side * 3` bytes. */
  readonly pixels: Uint8Array;
  /** The mask: one byte a pixel, 0 or 1, `side * side` bytes. */
  readonly mask: Uint8Array;
}

/** How {@linkcode SampleSource.read} reads. */
export interface ReadSampleOptions {
  /** Pixels around the sample, both sides together, after downsampling. Default: none. */
  readonly expansion?: number;
  /** Ends the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Where samples come from: slides and their labels, or a folder of tiles. */
export interface SampleSource {
  /** Side of a sample in pixels after downsampling. */
  readonly size: number;
  /** Level-0 pixels per pixel of a sample, where not `mpp` says it. */
  readonly downsample?: number;
  /** Micrometers per pixel of a sample. */
  readonly mpp?: number;
  /** The least and the most micrometers per level-0 pixel of the slides, as far as these say it. */
  readonly slideMpp?: readonly [least: number, most: number];
  /** The names of the slides, each with labels; some may have no sample. */
  readonly slides: readonly string[];
  /** All samples, slide by slide, row by row. */
  readonly samples: readonly Sample[];
  /** Mean and deviation of the channels over all samples, where they were measured. */
  readonly normalization?: Normalization;
  /** What was left out and why, one line each, for people. */
  readonly warnings: readonly string[];
  /**
   * Reads a sample.
   *
   * @throws {RangeError} If the source has no such expansion.
   * @throws {Error} If its pixels or labels cannot be read.
   */
  read(sample: Sample, options?: ReadSampleOptions): Promise<SampleTile>;
}

/** Which tile {@linkcode readSampleTile} reads, and how. */
export interface ReadSampleTileOptions
  extends Pick<TileReading, "level" | "fill" | "signal"> {
  /** Where it lies. */
  readonly position: TilePosition;
}

/**
 * Reads a tile of a slide as inference does, and of its labels, and averages both as OpenCV's INTER_AREA does; a mask's half
 * is rounded so too.
 */
export async function readSampleTile(
  { slide, labels }: { readonly slide: Slide; readonly labels: LabelSource },
  options: ReadSampleTileOptions,
): Promise<{ readonly pixels: Uint8Array; readonly mask: Uint8Array }> {
  const { position, signal } = options;
  const [tile, mask] = await Promise.all([
    readTile(slide, options),
    readMask(labels, position, signal),
  ]);
  const factor = tileFactor(tile);
  if (factor === 1) return { pixels: tile.pixels, mask };
  const width = (position.size + position.expansion) * factor;
  const sizes = { width, height: width, factor };
  return { pixels: areaDownsample(tile.pixels, sizes), mask };
}

async function readMask(
  labels: LabelSource,
  { x, y, size, expansion, downsample }: TilePosition,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const side = size + expansion;
  const margin = expansion / 2 * downsample;
  const [left, top] = [Math.floor(x - margin), Math.floor(y - margin)];
  const width = Math.ceil(x - margin + side * downsample) - left;
  const height = Math.ceil(y - margin + side * downsample) - top;
  const mask = await labels.readRegion(
    { x: left, y: top, width, height },
    { signal },
  );
  const sizes = { width, height, factor: downsample, channels: 1 } as const;
  if (Number.isInteger(downsample)) return areaDownsample(mask, sizes);
  return resampleArea(mask, {
    ...sizes,
    x: x - margin - left,
    y: y - margin - top,
    side,
  });
}
