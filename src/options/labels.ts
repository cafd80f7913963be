import { type OptionsOf, text, texts } from "./option.ts";

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
