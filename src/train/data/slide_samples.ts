import type { LabelSource } from "../../labels/label_source.ts";
import type { Slide } from "../../slide/slide.ts";
import type { ScaleOptions } from "../../tiles/choose_scale.ts";
import { measureTissue } from "../../tiles/keep_tissue.ts";
import { planTiles } from "../../tiles/plan_tiles.ts";
import { prefetch } from "./prefetch.ts";
import {
  type ReadSampleOptions,
  readSampleTile,
  type ReadSampleTileOptions,
  type Sample,
  type SampleSource,
  type SampleTile,
} from "./sample.ts";

/** A slide and its true mask. */
export interface TrainingSlide {
  /** The slide; its name is its id. */
  readonly slide: Slide;
  /** Its mask. */
  readonly labels: LabelSource;
}

/** How {@linkcode slideSamples} cuts slides. */
export interface SlideSamplesOptions {
  /** Side of a sample in pixels after downsampling, a multiple of 32. Default: 1024. */
  readonly size?: number;
  /** Level-0 pixels per pixel of a sample, 1 or more. Default: 2 if `mpp` is not given. As {@linkcode planTiles} rounds it. */
  readonly downsample?: number;
  /** Micrometers per pixel of a sample, in place of `downsample`; the slides' must be known. */
  readonly mpp?: number;
  /** What lies around the slide. Default: `"white"`. */
  readonly fill?: "white" | "black";
  /** HSV saturation (0 to 255) above which a pixel counts as tissue. Default: 40. */
  readonly saturation?: number;
  /** Called with each tile of the grids, in order, once it is known whether it is a sample. */
  readonly onTile?: (tile: ScannedTile) => void | Promise<void>;
  /** Ends the scan early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A tile of a slide's grid, as {@linkcode slideSamples} sees it. */
export interface ScannedTile extends SampleTile {
  /** Its index in the slide's grid, row by row. */
  readonly position: number;
  /** Pixels that are saturated as tissue is. */
  readonly tissue: number;
  /** Whether it is a sample; its `sample` has an index only then, -1 otherwise. */
  readonly kept: boolean;
}

/** Labels that cover this share of a slide are of no use. */
const FULL = 0.99;

/**
 * Finds the samples of slides: the tiles of each one's centred grid that hold tissue by the rule of {@linkcode keepTissue}.
 * The slides are read once for that; pixels are read again when a sample is, so that memory holds no more than is asked
 * for. The slides stay the caller's to close, after the source's last use.
 *
 * @throws {RangeError} If there is no slide, two have one name, or an option is out of range.
 * @throws {Error} If a slide or its labels cannot be read; the message names the slide.
 */
export async function slideSamples(
  slides: readonly TrainingSlide[],
  options: SlideSamplesOptions = {},
): Promise<SampleSource> {
  const { size = 1024, fill = "white", saturation = 40 } = options;
  const scale = sampleScale(options);
  const named = new Map(slides.map((one) => [one.slide.name, one]));
  const twice = slides.find((one) => named.get(one.slide.name) !== one);
  if (slides.length === 0 || twice) {
    throw new RangeError(
      `Cannot take samples as slides with names of their own are needed: received ${
        twice ? `"${twice.slide.name}" twice` : "none"
      }`,
    );
  }
  if (!(saturation >= 0 && saturation <= 255)) {
    throw new RangeError(
      `Cannot take samples as saturation lies in 0 to 255: received ${saturation}`,
    );
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
    let lost = 0;
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
          signal,
        }),
      }),
      { ahead: 1, atOnce: 2, signal: options.signal },
    );
    for await (const { position, x, y, pixels, mask } of tiles) {
      const positive = mask.reduce((sum, value) => sum + value, 0);
      labeled += positive * grid.downsample ** 2;
      // Measured on what is downsampled already.
      const found = measureTissue(
        { pixels, size, expansion: 0 },
        { saturation, early: false },
      );
      const index = found.tissue ? samples.length : -1;
      const sample = { index, slide: slide.name, x, y, positive };
      if (found.tissue) samples.push(sample);
      else if (positive > 0) lost++;
      await options.onTile?.({
        position,
        sample,
        side: size,
        pixels,
        mask,
        tissue: found.saturated,
        kept: found.tissue,
      });
    }
    if (samples.length === before) {
      warnings.push(`"${slide.name}" has no tile with tissue`);
    }
    if (labeled >= FULL * slide.width * slide.height) {
      warnings.push(
        `"${slide.name}" is foreground all over: its labels may be inverted`,
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
        throw new RangeError(
          `Cannot read a sample as it is of these slides and its expansion even: received "${sample.slide}" and ${expansion}`,
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
        signal,
      });
      return { sample, side: size + expansion, ...read };
    },
  };
}

/** What the samples' scale follows from, whether or not it was said. */
export function sampleScale(
  { downsample, mpp }: ScaleOptions,
): Pick<ScaleOptions, "downsample" | "mpp"> {
  return mpp === undefined
    ? { downsample: downsample ?? 2 }
    : { downsample, mpp };
}

/** The least and the most of what slides say of their scale; `undefined` where none says it. */
export function mppRange(
  all: readonly Slide["mpp"][],
): [least: number, most: number] | undefined {
  const known = all.flatMap((mpp) => mpp ? [(mpp.x + mpp.y) / 2] : []);
  if (known.length === 0) return undefined;
  return [Math.min(...known), Math.max(...known)];
}

/** Reads a tile; an error names the slide. */
async function readNamed(
  one: TrainingSlide,
  options: ReadSampleTileOptions,
): Promise<{ pixels: Uint8Array; mask: Uint8Array }> {
  try {
    return await readSampleTile(one, options);
  } catch (cause) {
    options.signal?.throwIfAborted();
    const reason = (cause as Error).message;
    throw new Error(
      `Cannot take samples of "${one.slide.name}": ${reason}`,
      { cause },
    );
  }
}
