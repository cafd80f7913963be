import { cannot, reasonOf } from "../../errors/cannot.ts";
import type { MaskClass } from "../../io/classes.ts";
import type { LabelSource } from "../../labels/label_source.ts";
import type { Slide } from "../../slide/slide.ts";
import type { ScaleOptions } from "../../tiles/choose_scale.ts";
import { measureTissue } from "../../tiles/keep_tissue.ts";
import { planTiles } from "../../tiles/plan_tiles.ts";
import { countValues } from "./reduce_classes.ts";
import { prefetch } from "./prefetch.ts";
import {
  countKnown,
  type ReadSampleOptions,
  readSampleTile,
  type ReadSampleTileOptions,
  type Sample,
  type SampleSource,
  type SampleTile,
} from "./sample.ts";

/**
 * A slide and its labels.
 *
 * @category Training data
 */
export interface TrainingSlide {
  /** The slide. Its name identifies it. */
  readonly slide: Slide;
  /** The ground truth. */
  readonly labels: LabelSource;
}

/**
 * Options for {@linkcode slideSamples}.
 *
 * @category Training data
 */
export interface SlideSamplesOptions {
  /** Side of a sample in pixels after downsampling, a multiple of 32. Default: 1024. */
  readonly size?: number;
  /** Level-0 pixels per pixel of a sample, at least 1; rounded as by {@linkcode planTiles}. Default: 2 if `mpp` is not given. */
  readonly downsample?: number;
  /** Micrometers per pixel of a sample, instead of `downsample`. The slides' must be known. */
  readonly mpp?: number;
  /** Color around the slide. Default: `"white"`. */
  readonly fill?: "white" | "black";
  /** The classes of the labels, if they have several. */
  readonly classes?: readonly MaskClass[];
  /** HSV saturation (0 to 255) above which a pixel counts as tissue. Default: 40. */
  readonly saturation?: number;
  /** Called with each tile of the grids, in order. */
  readonly onTile?: (tile: ScannedTile) => void | Promise<void>;
  /** Stops early with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * A tile of a slide's grid, before {@linkcode slideSamples} keeps or skips it.
 *
 * @category Training data
 */
export interface ScannedTile extends SampleTile {
  /** Index in the slide's grid, row by row. */
  readonly position: number;
  /** Number of pixels whose saturation is that of tissue. */
  readonly tissue: number;
  /** Whether the tile is a sample. If not, the index of its `sample` is -1. */
  readonly kept: boolean;
}

/** Fraction of a slide above which labels are suspicious. */
const FULL = 0.99;

/**
 * Finds the samples of slides: the tiles of each slide's centered grid that hold tissue, by the rule of {@linkcode
 * keepTissue}, and of whose labels something is known. This reads the slides once; a sample's pixels are read again by `read()`, so that memory holds only the
 * tiles in use. The caller closes the slides, after the last use of the source.
 *
 * @throws {RangeError} If there is no slide, two have the same name, or an option is out of range.
 * @throws {Error} If a slide or its labels cannot be read. The message names the slide.
 *
 * @category Training data
 */
export async function slideSamples(
  slides: readonly TrainingSlide[],
  options: SlideSamplesOptions = {},
): Promise<SampleSource> {
  const { size = 1024, fill = "white", saturation = 40, classes } = options;
  const scale = sampleScale(options);
  const named = new Map(slides.map((one) => [one.slide.name, one]));
  const twice = slides.find((one) => named.get(one.slide.name) !== one);
  if (slides.length === 0 || twice) {
    const reason = twice
      ? `two slides are named "${twice.slide.name}"`
      : "there are no slides";
    throw cannot("take samples", reason, { kind: RangeError });
  }
  if (!(saturation >= 0 && saturation <= 255)) {
    throw cannot("take samples", "saturation must be 0 to 255", {
      received: saturation,
      kind: RangeError,
    });
  }
  const samples: Sample[] = [];
  const warnings: string[] = [];
  const grids = new Map(
    slides.map(({ slide }) => [
      slide.name,
      planTiles(slide, { size, expansion: 0, ...scale }),
    ]),
  );
  const around = fill === "white" ? 255 : 0;
  for (const one of slides) {
    const { slide } = one;
    const grid = grids.get(slide.name)!;
    const before = samples.length;
    let lost = 0, open = 0;
    let labeled = 0;
    const tiles = prefetch(
      grid,
      async (position, signal) => ({
        position: position.index,
        x: position.x,
        y: position.y,
        ...await readNamed(one, {
          position,
          level: grid.level,
          fill: around,
          classes: classes !== undefined,
          signal,
        }),
      }),
      { ahead: 1, atOnce: 2, signal: options.signal },
    );
    for await (const { position, x, y, pixels, mask } of tiles) {
      const counts = classes && countValues(mask, classes.length);
      const positive = counts
        ? counts.reduce((sum, count) => sum + count, 0)
        : mask.reduce((sum, value) => sum + (value === 1 ? 1 : 0), 0);
      const known = one.labels.readKnown &&
        countKnown(mask, { ...grid, x, y, size }, slide);
      labeled += positive * grid.downsample ** 2;
      // The pixels are downsampled already.
      const found = measureTissue(
        { pixels, size, expansion: 0 },
        { saturation, early: false },
      );
      const kept = found.tissue && known !== 0;
      const index = kept ? samples.length : -1;
      const sample = {
        ...{ index, slide: slide.name, x, y, positive },
        ...(counts && { counts }),
        ...(known !== undefined && { known }),
      };
      if (kept) samples.push(sample);
      else if (found.tissue) open++;
      else if (positive > 0) lost++;
      await options.onTile?.({
        position,
        sample,
        side: size,
        pixels,
        mask,
        tissue: found.saturated,
        kept,
      });
    }
    if (open > 0) {
      warnings.push(
        `"${slide.name}" has ${open} tile${
          open > 1 ? "s" : ""
        } with tissue of which nothing is known, left out`,
      );
    } else if (samples.length === before) {
      warnings.push(`"${slide.name}" has no tile with tissue`);
    }
    if (labeled >= FULL * slide.width * slide.height) {
      warnings.push(
        `"${slide.name}" is all foreground: its labels may be inverted`,
      );
    }
    if (lost > 0) {
      warnings.push(
        `"${slide.name}" has labels on ${lost} tile${
          lost > 1 ? "s" : ""
        } without tissue, left out`,
      );
    }
  }
  return {
    size,
    ...scale,
    ...(classes && { classes }),
    slideMpp: mppRange(slides.map(({ slide }) => slide.mpp)),
    slides: [...named.keys()],
    samples,
    warnings,
    async read(
      sample: Sample,
      { expansion = 0, signal }: ReadSampleOptions = {},
    ): Promise<SampleTile> {
      const one = named.get(sample.slide);
      if (!one || expansion < 0 || expansion % 2 !== 0) {
        throw cannot(
          `read sample of "${sample.slide}"`,
          one
            ? `expansion must be even and not negative, received ${expansion}`
            : "the source does not have this slide",
          { kind: RangeError },
        );
      }
      const { level, downsample } = grids.get(sample.slide)!;
      const { x, y } = sample;
      const position = {
        ...{ index: 0, column: 0, row: 0 },
        ...{ x, y, size, expansion, downsample },
      };
      const read = await readNamed(one, {
        position,
        level,
        fill: around,
        classes: classes !== undefined,
        signal,
      });
      return { sample, side: size + expansion, ...read };
    },
  };
}

/**
 * Refuses labels with unknown pixels, for which masks as pictures have no value.
 *
 * @throws {TypeError} If not all pixels are known.
 */
export function refuseUnknown({ slide, labels }: TrainingSlide): void {
  if (!labels.readKnown) return;
  throw cannot(
    `write tiles of "${slide.name}"`,
    "its labels are corrections, and masks cannot say what is unknown: train on slides and corrections without tiles, or take what is undecided as background (--unlabeled background)",
    { kind: TypeError },
  );
}

/** The scale of samples, with its default. */
export function sampleScale(
  { downsample, mpp }: ScaleOptions,
): Pick<ScaleOptions, "downsample" | "mpp"> {
  return mpp === undefined
    ? { downsample: downsample ?? 2 }
    : { downsample, mpp };
}

/** Range of the slides' micrometers per pixel. `undefined` if all are unknown. */
export function mppRange(
  all: readonly Slide["mpp"][],
): [least: number, most: number] | undefined {
  const known = all.flatMap((mpp) => mpp ? [(mpp.x + mpp.y) / 2] : []);
  if (known.length === 0) return undefined;
  return [Math.min(...known), Math.max(...known)];
}

/** Reads a tile. Errors name the slide. */
async function readNamed(
  one: TrainingSlide,
  options: ReadSampleTileOptions,
): Promise<{ pixels: Uint8Array; mask: Uint8Array }> {
  try {
    return await readSampleTile(one, options);
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw cannot(
      `take samples of "${one.slide.name}"`,
      reasonOf(cause),
      { kind: Error, cause },
    );
  }
}
