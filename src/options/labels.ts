import { custom, number, type OptionsOf, text, texts } from "./option.ts";
import { UsageError } from "../errors/usage_error.ts";

/** Labels of slides. */
export interface LabelOptions {
  /** Files of labels, or folders of them. */
  readonly labels: readonly string[];
  /** Only GeoJSON annotations of this class and those derived from it, `*` for all. Default: the one class there is. */
  readonly classification?: string;
}

/** What commands say that need labels. */
export const NO_LABELS = "No labels are given: --labels FILE is needed";

/** Labels of slides, as options. */
export const labelOptions: OptionsOf<LabelOptions> = {
  labels: texts({
    value: "FILE",
    help: "CSV of run-length codes (id,encoding), GeoJSON (NAME.geojson), a " +
      "mask of the slide's size (NAME.mask.tif, NAME.mask.png), or a folder " +
      "of these; may be repeated",
    affects: "path",
    word: "Labels",
  }),
  classification: text({
    flag: "class",
    value: "NAME",
    help: "only GeoJSON annotations of this class and those derived from it, " +
      "'*' for all (default: the one class there is)",
    word: "Class of the objects",
  }),
};

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
