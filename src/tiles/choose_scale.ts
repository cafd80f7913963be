import { cannot } from "../errors/cannot.ts";
import { describeLevels } from "../slide/describe_levels.ts";
import type { Slide } from "../slide/slide.ts";

/**
 * The requested scale of tiles.
 *
 * @category Tiles
 */
export interface ScaleOptions {
  /** Level-0 pixels per tile pixel, each way. */
  readonly downsample?: number;
  /** Micrometers per tile pixel. */
  readonly mpp?: number;
  /** The level to read from. */
  readonly level?: number;
}

/**
 * Properties of a slide whose tiles are planned.
 *
 * @category Tiles
 */
export type ScaledSlide =
  & Pick<Slide, "width" | "height">
  & Partial<Pick<Slide, "name" | "mpp" | "levels">>;

/** Slides labeled 20× differ by a few percent in mpp: this much is stretched without a warning. */
const STRETCH = 0.9;
/**
 * A level that is this slightly too coarse counts as fine enough: the next finer level costs four to sixteen times as
 * much.
 */
const SLACK = 0.99;

/**
 * Level-0 pixels per tile pixel, and the level to read.
 *
 * @throws {RangeError} If the slide does not have the scale; the message lists its levels.
 */
export function chooseScale(
  slide: ScaledSlide,
  options: ScaleOptions,
): { downsample: number; level: number } {
  const { mpp, level } = options;
  if (mpp !== undefined && options.downsample !== undefined) {
    throw cannot(
      "plan tiles",
      `downsample and mpp exclude each other, received ${options.downsample} and ${mpp}`,
      { kind: RangeError },
    );
  }
  const downsample = mpp === undefined
    ? options.downsample ?? 2
    : downsampleOf(slide, mpp);
  if (
    !(downsample >= (mpp === undefined ? 1 : STRETCH) && downsample < 2 ** 20)
  ) {
    throw mpp === undefined
      ? cannot("plan tiles", "downsample must be a number from 1", {
        received: downsample,
        kind: RangeError,
      })
      : cannot(
        `read${nameOf(slide)} at ${mpp} µm per pixel`,
        `no level is that fine: it has ${describeLevels(slide)}`,
        { kind: RangeError },
      );
  }
  const scales = slide.levels?.map((each) => each.downsample) ?? [];
  if (level === undefined) {
    // A downsample averages level 0; a scale uses the nearest finer level.
    const fine = scales.findLastIndex((scale) => scale * SLACK <= downsample);
    return { downsample, level: mpp === undefined ? 0 : Math.max(0, fine) };
  }
  if (level !== 0 && !(scales[level] * STRETCH <= downsample)) {
    throw cannot(
      `read${nameOf(slide)} from level ${level}`,
      `the level must be no coarser than the downsample ${
        Number(downsample.toPrecision(4))
      }: it has ${describeLevels(slide)}`,
      { kind: RangeError },
    );
  }
  return { downsample, level };
}

function downsampleOf(slide: ScaledSlide, mpp: number): number {
  if (!(mpp > 0 && mpp < 1e6)) {
    throw cannot(
      "plan tiles",
      "mpp must be a positive number of micrometers",
      { received: mpp, kind: RangeError },
    );
  }
  if (!slide.mpp) {
    throw cannot(
      `read${nameOf(slide)} at ${mpp} µm per pixel`,
      `its scale is unknown: set it with --slide-mpp (openSlide's mpp); it has ${
        describeLevels(slide)
      }`,
      { kind: RangeError },
    );
  }
  return mpp * 2 / (slide.mpp.x + slide.mpp.y);
}

function nameOf({ name }: ScaledSlide): string {
  return name === undefined ? " a slide" : ` slide "${name}"`;
}
