import {
  type ModelOptions,
  modelOptions,
  type PredictionOptions,
  predictionOptions,
} from "../options/model.ts";
import { type OpeningOptions, openingOptions } from "../options/opening.ts";
import { custom, number, type OptionsOf, toggle } from "../options/option.ts";
import {
  type ObjectOptions,
  objectOptions,
  type OutputOptions,
  outputOptions,
} from "../options/output.ts";
import {
  type ReadingOptions,
  readingOptions,
  type TilingOptions,
  tilingOptions,
} from "../options/tiling.ts";
import { UsageError } from "../options/usage_error.ts";
import { type Format, FORMATS, USUAL_FORMATS } from "./result_formats.ts";

/** How slides are segmented, and which results are written. */
export interface InferOptions
  extends
    ModelOptions,
    PredictionOptions,
    TilingOptions,
    OpeningOptions,
    ReadingOptions,
    ObjectOptions,
    OutputOptions {
  /** Whether to measure first which kernels are fastest on this machine. Default: false. */
  readonly tune: boolean;
  /** Seconds that a slide's server may be silent. Default: 10. */
  readonly timeout?: number;
  /** The kinds of results. Default: all but `probability`. */
  readonly formats: ReadonlySet<Format>;
  /** Whether to measure how long each stage and each kernel takes; the run takes longer. Default: false. */
  readonly profile: boolean;
}

const { weights, ...model } = modelOptions;
const { out, ...output } = outputOptions;

/** How slides are segmented, as options. */
export const inferOptions: OptionsOf<InferOptions> = {
  weights,
  out,
  ...model,
  tune: toggle({
    help: "first measure which kernels are fastest here, and keep the answer " +
      "for all runs to come: seconds on a GPU, minutes on a software adapter",
    affects: false,
  }),
  ...predictionOptions,
  ...tilingOptions,
  ...openingOptions,
  level: readingOptions.level,
  timeout: number({
    above: 0,
    help: "seconds that a slide's server may be silent (default: 10)",
    affects: false,
  }),
  fill: readingOptions.fill,
  formats: custom<ReadonlySet<Format>, ReadonlySet<Format>>({
    flag: "format",
    value: "LIST",
    default: USUAL_FORMATS,
    help: `which results (default: all but the last)
  rle          NAME.rle.csv
  tiff         NAME.mask.tif
  png          NAME.mask.png and NAME.overlay.png
  geojson      NAME.geojson
  objects      NAME.objects.csv; objects.csv over several
  json         NAME.json
  html         NAME.html; index.html over several
  probability  NAME.probability.tif`,
    read(list, flag) {
      const names = list.split(",").map((name) => name.trim());
      const unknown = names.find((name) => !FORMATS.includes(name as Format));
      if (unknown === undefined) return new Set(names as Format[]);
      throw new UsageError(
        `--${flag} lists ${FORMATS.join(", ")}: received "${unknown}"`,
      );
    },
  }),
  ...objectOptions,
  ...output,
  profile: toggle({
    help: "print how long each stage and each kernel took; the run takes " +
      "longer",
  }),
};
