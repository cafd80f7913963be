import {
  type LabelOptions,
  labelOptions,
  type OpeningOptions,
  openingOptions,
} from "../options/labels.ts";
import {
  type ModelOptions,
  modelOptions,
  predictionOptions,
  threshold,
} from "../options/model.ts";
import { type OptionsOf, text } from "../options/option.ts";
import {
  minPixels,
  outputOptions,
  type SeamOptions,
  seamOptions,
} from "../options/output.ts";
import {
  expansions,
  type ReadingOptions,
  readingOptions,
  type ScaleOptions,
  scaleOptions,
  tilingOptions,
} from "../options/tiling.ts";

/** What is compared with labels, and how. */
export interface EvaluateOptions
  extends
    LabelOptions,
    ModelOptions,
    ScaleOptions,
    OpeningOptions,
    ReadingOptions,
    SeamOptions {
  /** What was found, as `infer` writes it, in place of `weights`. */
  readonly predicted?: string;
  /** Found objects of fewer slide pixels do not count. Default: 0. */
  readonly minArea: number;
  /** Probability above which a pixel is found. Default: 0.5 with a model, else that of the run. */
  readonly threshold?: number;
  /** The folder that gets `evaluation.json` and `evaluation.html`. Default: neither is written. */
  readonly out?: string;
  /** Whether an earlier evaluation in `out` is replaced. Default: false. */
  readonly overwrite: boolean;
  /** Whether to average over the tile and its three mirror images. Default: false. */
  readonly flips: boolean;
  /** Side of what is kept of a tile. Default: 1024. */
  readonly tile: number;
  /** What the model sees around a tile, both sides together; several are compared. Default: 256. */
  readonly expansions: readonly number[];
  /** The class to take where labels are of several and none is asked for. Default: that of the weights. */
  readonly preferred?: string;
}

const { weights, ...model } = modelOptions;

/** What is compared with labels, as options. */
export const evaluateOptions: OptionsOf<Omit<EvaluateOptions, "preferred">> = {
  labels: labelOptions.labels,
  predicted: text({
    value: "PATH",
    help: "what was found, likewise, as infer writes it: the masks as they " +
      "are, at their run's threshold; with NAME.probability.tif in a folder, " +
      "all others are tried",
  }),
  weights: {
    ...weights,
    help: "or run this model; once per model, several are an ensemble",
  },
  classification: labelOptions.classification,
  minArea: minPixels,
  threshold,
  out: text({
    value: "DIR",
    help: "writes evaluation.json and evaluation.html there (default: only " +
      "prints)",
  }),
  ...model,
  flips: predictionOptions.flips,
  tile: tilingOptions.tile,
  expansions,
  ...scaleOptions,
  ...openingOptions,
  ...readingOptions,
  ...seamOptions,
  overwrite: {
    ...outputOptions.overwrite,
    help: "replace an earlier evaluation in --out (default: refuse)",
  },
};
