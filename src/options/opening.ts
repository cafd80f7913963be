import { custom, number, type OptionsOf } from "./option.ts";
import { UsageError } from "./usage_error.ts";

/** How slides are opened. */
export interface OpeningOptions {
  /** Micrometers per slide pixel, where slides do not say it or are wrong. */
  readonly slideMpp?: number;
  /** The page that is the slide, from 0. Default: what the format says. */
  readonly page?: number;
  /** The values of a sample that are black and white. Default: what the file says. */
  readonly sampleRange?: readonly [min: number, max: number];
}

/** How slides are opened, as options. */
export const openingOptions: OptionsOf<OpeningOptions> = {
  slideMpp: number({
    above: 0,
    help: "micrometers per slide pixel, where slides do not say it or are " +
      "wrong",
    word: "Slide resolution, as given",
    unit: "µm/px",
  }),
  page: number({
    least: 0,
    whole: true,
    help: "the page that is the slide, from 0, of files that hold several " +
      "(default: what the format says)",
    word: "Page",
  }),
  sampleRange: custom({
    value: "A,B",
    help: "the values of a sample that are black and white, of floats and " +
      "wide integers (default: what the file says)",
    affects: "if given",
    word: "Sample range",
    unit: "numbers",
    read(text, flag): readonly [number, number] {
      const [min = NaN, max = NaN, ...more] = text.split(",")
        .map((part) => part.trim() === "" ? NaN : Number(part));
      const fits = Number.isFinite(min) && Number.isFinite(max) && min < max;
      if (fits && more.length === 0) return [min, max];
      throw new UsageError(
        `--${flag} needs the values that are black and white, like 0,4095: received "${text}"`,
      );
    },
  }),
};
