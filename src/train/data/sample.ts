import type { MaskClass } from "../../io/classes.ts";
import type { Normalization } from "../../kernels/tile.ts";
import { type LabelSource, UNKNOWN } from "../../labels/label_source.ts";
import type { Slide } from "../../slide/slide.ts";
import { areaDownsample, resampleArea } from "../../tiles/area_downsample.ts";
import { tileFactor, type TilePosition } from "../../tiles/plan_tiles.ts";
import { reduceClasses, reduceKnown } from "./reduce_classes.ts";
import { readTile, type TileReading } from "../../tiles/stream_tiles.ts";

/**
 * The position of a training tile; its pixels are read when needed.
 *
 * @category Training data
 */
export interface Sample {
  /** Index among the samples of its source. */
  readonly index: number;
  /** Name of the slide. */
  readonly slide: string;
  /** Left edge in level-0 pixels; negative in the padding left of the slide. */
  readonly x: number;
  /** Top edge in level-0 pixels. */
  readonly y: number;
  /** Foreground pixels of the mask after downsampling. */
  readonly positive: number;
  /** Of several classes, the pixels of each. */
  readonly counts?: readonly number[];
  /** The known pixels of the slide, at least one, if the mask may have others. Default: all are known. */
  readonly known?: number;
}

/**
 * A sample with its pixels.
 *
 * @category Training data
 */
export interface SampleTile {
  /** The sample that was read. */
  readonly sample: Sample;
  /** Side of the square, expansion included, in pixels after downsampling. */
  readonly side: number;
  /** 8-bit RGB after downsampling, row by row: `side * side * 3` bytes. */
  readonly pixels: Uint8Array;
  /**
   * The mask: one byte per pixel, 0 or 1, or the number of one of several classes; 255 where it is unknown, if the sample says
   * how many are `known`; `side * side` bytes.
   */
  readonly mask: Uint8Array;
}

/**
 * Options for {@linkcode SampleSource.read}.
 *
 * @category Training data
 */
export interface ReadSampleOptions {
  /** Pixels of margin after downsampling, both sides together. Default: 0. */
  readonly expansion?: number;
  /** Stops early with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A source of samples: slides and their labels, or a folder of tiles.
 *
 * @category Training data
 */
export interface SampleSource {
  /** Side of a sample in pixels after downsampling. */
  readonly size: number;
  /** Level-0 pixels per pixel of a sample, if `mpp` is not given. */
  readonly downsample?: number;
  /** Micrometers per pixel of a sample. */
  readonly mpp?: number;
  /** Range of the slides' micrometers per level-0 pixel, as far as they are known. */
  readonly slideMpp?: readonly [least: number, most: number];
  /** The classes, if there are several: masks have 0 for background and k for the k-th. */
  readonly classes?: readonly MaskClass[];
  /** Names of the slides with labels. Some may have no samples. */
  readonly slides: readonly string[];
  /** All samples, slide by slide, row by row. */
  readonly samples: readonly Sample[];
  /** Mean and standard deviation of the channels over all samples, if they were measured. */
  readonly normalization?: Normalization;
  /** Warnings about slides that were left out or look wrong, one line each. */
  readonly warnings: readonly string[];
  /**
   * Reads a sample.
   *
   * @throws {RangeError} If the sample is not of this source, or the source does not have the expansion.
   * @throws {Error} If its pixels or labels cannot be read.
   */
  read(sample: Sample, options?: ReadSampleOptions): Promise<SampleTile>;
}

/** Options for {@linkcode readSampleTile}. */
export interface ReadSampleTileOptions
  extends Pick<TileReading, "level" | "fill" | "signal"> {
  readonly position: TilePosition;
  /** Whether the mask has several classes. Default: false. */
  readonly classes?: boolean;
}

/**
 * Reads a tile of a slide, as inference does, and of its labels. Both are averaged as OpenCV's INTER_AREA averages; the
 * mask is rounded the same way, or if it has several classes, each pixel is of the one that covers most of it. Of labels with
 * `readKnown`, it is {@linkcode UNKNOWN} where that depends on what is unknown; outside the slide is background.
 */
export async function readSampleTile(
  { slide, labels }: { readonly slide: Slide; readonly labels: LabelSource },
  options: ReadSampleTileOptions,
): Promise<{ readonly pixels: Uint8Array; readonly mask: Uint8Array }> {
  const { position, classes = false, signal } = options;
  const [tile, mask] = await Promise.all([
    readTile(slide, options),
    readMask(labels, position, { classes, signal }),
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
  { classes, signal }: {
    readonly classes: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<Uint8Array> {
  const side = size + expansion;
  const margin = expansion / 2 * downsample;
  const [left, top] = [Math.floor(x - margin), Math.floor(y - margin)];
  const width = Math.ceil(x - margin + side * downsample) - left;
  const height = Math.ceil(y - margin + side * downsample) - top;
  const region = { x: left, y: top, width, height };
  const [mask, known] = await Promise.all([
    labels.readRegion(region, { signal }),
    labels.readKnown?.(region, { signal }),
  ]);
  const sizes = { width, height, factor: downsample, channels: 1 } as const;
  const reduce = (mask: Uint8Array): Uint8Array =>
    Number.isInteger(downsample) ? areaDownsample(mask, sizes) : resampleArea(
      mask,
      { ...sizes, x: x - margin - left, y: y - margin - top, side },
    );
  if (known) {
    known.forEach((isKnown, i) => {
      const [x, y] = [left + i % width, top + Math.floor(i / width)];
      const isInside = x >= 0 && y >= 0 && x < labels.width &&
        y < labels.height;
      if (!isKnown && isInside) mask[i] = UNKNOWN;
    });
    if (mask.includes(UNKNOWN)) return reduceKnown(mask, reduce, { classes });
  }
  return classes ? reduceClasses(mask, reduce) : reduce(mask);
}

/** The number of known pixels of a tile's mask whose centers are on the slide. */
export function countKnown(
  mask: Uint8Array,
  { x, y, size, downsample }: Pick<
    TilePosition,
    "x" | "y" | "size" | "downsample"
  >,
  { width, height }: { readonly width: number; readonly height: number },
): number {
  const isOn = (start: number, at: number, side: number) => {
    const center = start + (at + 0.5) * downsample;
    return center > 0 && center < side;
  };
  let count = 0;
  for (let row = 0; row < size; row++) {
    if (!isOn(y, row, height)) continue;
    for (let column = 0; column < size; column++) {
      if (mask[row * size + column] === UNKNOWN) continue;
      if (isOn(x, column, width)) count++;
    }
  }
  return count;
}
