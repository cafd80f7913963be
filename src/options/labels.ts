import { UsageError } from "../errors/cannot.ts";
import { faultOfClasses } from "../io/classes.ts";
import { custom, number, type OptionsOf, texts } from "./option.ts";

/**
 * Labels of slides.
 *
 * @category Settings
 */
export interface LabelOptions {
  /** Files or folders of labels. */
  readonly labels: readonly string[];
  /**
   * The class of GeoJSON annotations, derived classes included; `*` for all as one. Several are classes of their own, in the
   * order of their numbers in masks, from 1. Default: the only class.
   */
  readonly classification?: string | readonly string[];
  /** Of several classes, those of labels or predictions to leave out; `*` for all others. Default: others are an error. */
  readonly ignoredClasses?: readonly string[];
  /**
   * What the pixels of corrections (`NAME.corrected.geojson`) are about which nobody has decided: `unknown` or `background`.
   * Default: `unknown`.
   */
  readonly unlabeled?: "unknown" | "background";
}

/** The error of commands that need labels. */
export const NO_LABELS = "No labels given: add --labels FILE";

/** Labels of slides, as options. */
export const labelOptions: OptionsOf<LabelOptions> = {
  labels: texts({
    value: "FILE",
    help:
      "CSV of run-length encodings (id,encoding), GeoJSON (NAME.geojson), " +
      "corrections (NAME.corrected.geojson), a mask of the slide's size " +
      "(NAME.mask.tif, NAME.mask.png), or a folder of these; may be repeated",
    affects: "path",
    word: "Labels",
  }),
  classification: {
    flag: "class",
    value: "NAME",
    repeats: true,
    help: "class of GeoJSON annotations, derived classes included; '*' for " +
      "all as one; repeat it for several classes, in the order of their " +
      "numbers in masks, from 1; where they overlap, the later one counts " +
      "(default: the only class)",
    word: "Class of the objects",
    read(given, flag) {
      const names = [...new Set(given)];
      if (names.length < 2) return names[0];
      const fault = names.includes("*")
        ? "'*' takes all classes as one, so that no other can be given"
        : faultOfClasses(names.map((name) => ({ name })));
      if (fault === undefined) return names;
      throw new UsageError(`--${flag}: ${fault}`);
    },
  },
  ignoredClasses: {
    flag: "ignore-class",
    value: "NAME",
    repeats: true,
    help: "of several classes, one of labels or predictions to leave out, or " +
      "'*' for all others; may be repeated (default: others are an error)",
    affects: "if given",
    word: "Classes left out",
    read: (given) => given,
  },
  unlabeled: {
    value: "WHAT",
    help: "of corrections (NAME.corrected.geojson), the pixels about which " +
      "nobody has decided: unknown, so that they do not count, or background " +
      "(default: unknown)",
    affects: "if given",
    word: "Undecided pixels of corrections",
    read(given, flag) {
      const value = given?.[0];
      if (
        value === undefined || value === "unknown" || value === "background"
      ) return value;
      throw new UsageError(
        `--${flag} must be unknown or background, received "${value}"`,
      );
    },
  },
};

/**
 * Settings for opening slides.
 *
 * @category Settings
 */
export interface OpeningOptions {
  /** Micrometers per slide pixel, if slides lack it or are wrong. */
  readonly slideMpp?: number;
  /** The page with the slide, from 0. Default: by the format. */
  readonly page?: number;
  /** The sample values of black and white. Default: by the file. */
  readonly sampleRange?: readonly [min: number, max: number];
}

/** Settings for opening slides, as options. */
export const openingOptions: OptionsOf<OpeningOptions> = {
  slideMpp: number({
    above: 0,
    help: "micrometers per slide pixel, if slides lack it or are wrong",
    word: "Slide resolution, as given",
    unit: "µm/px",
  }),
  page: number({
    least: 0,
    whole: true,
    help: "page with the slide, from 0, in files with several pages " +
      "(default: by the format)",
    word: "Page",
  }),
  sampleRange: custom({
    value: "A,B",
    help: "sample values of black and white, for floats and wide integers " +
      "(default: by the file)",
    affects: "if given",
    word: "Sample range",
    unit: "numbers",
    read(text, flag): readonly [number, number] {
      const [min = NaN, max = NaN, ...more] = text.split(",")
        .map((part) => part.trim() === "" ? NaN : Number(part));
      const fits = Number.isFinite(min) && Number.isFinite(max) && min < max;
      if (fits && more.length === 0) return [min, max];
      throw new UsageError(
        `--${flag} must be the sample values of black and white, like 0,4095, received "${text}"`,
      );
    },
  }),
};
