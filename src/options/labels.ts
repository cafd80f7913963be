import { UsageError } from "../errors/cannot.ts";
import { custom, number, type OptionsOf, text, texts } from "./option.ts";

/**
 * Labels of slides.
 *
 * @category Settings
 */
export interface LabelOptions {
  /** Files or folders of labels. */
  readonly labels: readonly string[];
  /** The class of GeoJSON annotations, derived classes included; `*` for all. Default: the only class. */
  readonly classification?: string;
}

/** The error of commands that need labels. */
export const NO_LABELS = "No labels given: add --labels FILE";

/** Labels of slides, as options. */
export const labelOptions: OptionsOf<LabelOptions> = {
  labels: texts({
    value: "FILE",
    help:
      "CSV of run-length encodings (id,encoding), GeoJSON (NAME.geojson), " +
      "a mask of the slide's size (NAME.mask.tif, NAME.mask.png), or a " +
      "folder of these; may be repeated",
    affects: "path",
    word: "Labels",
  }),
  classification: text({
    flag: "class",
    value: "NAME",
    help: "class of GeoJSON annotations, derived classes included; '*' for " +
      "all (default: the only class)",
    word: "Class of the objects",
  }),
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
