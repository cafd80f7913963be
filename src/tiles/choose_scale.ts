import { describeLevels } from "../slide/describe_levels.ts";
import type { Slide } from "../slide/slide.ts";

/** At which scale tiles are wanted. */
export interface ScaleOptions {
  /** Level-0 pixels per tile pixel, each way. */
  readonly downsample?: number;
  /** Micrometres per tile pixel. */
  readonly mpp?: number;
  /** The level to read from. */
  readonly level?: number;
}

/** What is known of a slide whose tiles are planned. */
export type ScaledSlide =
  & Pick<Slide, "width" | "height">
  & Partial<Pick<Slide, "name" | "mpp" | "levels">>;

/** Slides that are called 20× differ by some per cent in mpp: so much is stretched without a word. */
const STRETCH = 0.9;
/** A level this little too coarse is taken for one that fits: reading the next finer costs four to sixteen times more. */
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
    // Who asks for a downsample gets means of level 0; who asks for a scale, what is nearest to it.
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
      `Cannot plan tiles as mpp is a positive number of micrometres: received ${mpp}`,
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
