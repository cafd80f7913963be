import { describeLevels } from "../slide/describe_levels.ts";
import type { Slide } from "../slide/slide.ts";

/** The requested scale of tiles. */
export interface ScaleOptions {
  /** Level-0 pixels per tile pixel, each way. */
  readonly downsample?: number;
  /** Micrometers per tile pixel. */
  readonly mpp?: number;
  /** The level to read from. */
  readonly level?: number;
}

/** What is known about a slide whose tiles are planned. */
export type ScaledSlide =
  & Pick<Slide, "width" | "height">
  & Partial<Pick<Slide, "name" | "mpp" | "levels">>;

/** Slides labeled 20× differ by some percent in mpp: this much is stretched without a warning. */
const STRETCH = 0.9;
/**
 * A level that is this little too coarse counts as fine enough: the next finer level costs four to sixteen times as
 * much.
 */
const SLACK = 0.99;

/**
 * Level-0 pixels per tile pixel, and the level to read.
 *
 * @throws {RangeError} If the slide has no such scale; the message lists its levels.
 */
export function chooseScale(
  slide: ScaledSlide,
  options: ScaleOptions,
): { downsample: number; level: number } {
  const { mpp, level } = options;
  if (mpp !== undefined && options.downsample !== undefined) {
    throw new RangeError(
      `Cannot plan tiles as either downsample or mpp says their scale: received both, ${options.downsample} and ${mpp}`,
    );
  }
  const downsample = mpp === undefined
    ? options.downsample ?? 2
    : downsampleOf(slide, mpp);
  if (
    !(downsample >= (mpp === undefined ? 1 : STRETCH) && downsample < 2 ** 20)
  ) {
    throw new RangeError(
      mpp === undefined
        ? `Cannot plan tiles as downsample is a number from 1: received ${downsample}`
        : `Cannot read${
          nameOf(slide)
        } at ${mpp} µm a pixel as no level is that fine: received ${
          describeLevels(slide)
        }`,
    );
  }
  const scales = slide.levels?.map((each) => each.downsample) ?? [];
  if (level === undefined) {
    // A downsample averages level 0; a scale uses the nearest finer level.
    const fine = scales.findLastIndex((scale) => scale * SLACK <= downsample);
    return { downsample, level: mpp === undefined ? 0 : Math.max(0, fine) };
  }
  if (level !== 0 && !(scales[level] * STRETCH <= downsample)) {
    throw new RangeError(
      `Cannot read${
        nameOf(slide)
      } from level ${level} as a level no coarser than the downsample ${
        Number(downsample.toPrecision(4))
      } is needed: received ${describeLevels(slide)}`,
    );
  }
  return { downsample, level };
}

function downsampleOf(slide: ScaledSlide, mpp: number): number {
  if (!(mpp > 0 && mpp < 1e6)) {
    throw new RangeError(
      `Cannot plan tiles as mpp is a positive number of micrometers: received ${mpp}`,
    );
  }
  if (!slide.mpp) {
    throw new RangeError(
      `Cannot read${
        nameOf(slide)
      } at ${mpp} µm a pixel as it does not say its scale (--slide-mpp, or openSlide's mpp, does): received ${
        describeLevels(slide)
      }`,
    );
  }
  return mpp * 2 / (slide.mpp.x + slide.mpp.y);
}

function nameOf({ name }: ScaledSlide): string {
  return name === undefined ? " a slide" : ` slide ${name}`;
}
