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

/**
 * Settings of an evaluation.
 *
 * @category Evaluation
 */
export interface EvaluateOptions
  extends
    LabelOptions,
    ModelOptions,
    ScaleOptions,
    OpeningOptions,
    ReadingOptions,
    SeamOptions {
  /** Results of `infer`, in place of `weights`. */
  readonly predicted?: string;
  /** Minimum area of predicted objects, in slide pixels. Default: that of the run or the model, else 0. */
  readonly minArea?: number;
  /** Probability above which a pixel is in the mask. Default: 0.5 with a model, else that of the run. */
  readonly threshold?: number;
  /** The folder for `evaluation.json`, `evaluation.csv`, `evaluation.html` and `NAME.matches.geojson`. Default: none is written. */
  readonly out?: string;
  /** Whether an earlier evaluation in `out` is replaced. Default: false. */
  readonly overwrite: boolean;
  /** Whether to average over the tile and three flips of it. Default: false. */
  readonly flips: boolean;
  /** Tile size: the side of the part that is kept. Default: 1024. */
  readonly tile: number;
  /** Margins around a tile that the model sees, both sides together; several are compared. Default: 256. */
  readonly expansions: readonly number[];
  /** The class to use if labels have several and none is given. Default: that of the weights. */
  readonly preferred?: string;
}

const { weights, model, cache, ...computing } = modelOptions;

/** Settings of an evaluation, as options. */
export const evaluateOptions: OptionsOf<Omit<EvaluateOptions, "preferred">> = {
  labels: labelOptions.labels,
  predicted: text({
    value: "PATH",
    help: "results of infer, likewise: masks are scored at the threshold of " +
      "their run; with NAME.probability.tif in a folder, all other " +
      "thresholds are evaluated, too",
  }),
  weights: {
    ...weights,
    help: "model to run instead; repeat it for an ensemble",
  },
  model,
  cache,
  classification: labelOptions.classification,
  ignoredClasses: labelOptions.ignoredClasses,
  unlabeled: labelOptions.unlabeled,
  minArea: minPixels,
  threshold,
  out: text({
    value: "DIR",
    help: "folder for evaluation.json, evaluation.csv, evaluation.html and " +
      "NAME.matches.geojson (default: only print)",
  }),
  ...computing,
  flips: predictionOptions.flips,
  tile: tilingOptions.tile,
  expansions,
  ...scaleOptions,
  ...openingOptions,
  ...readingOptions,
  ...seamOptions,
  overwrite: {
    ...outputOptions.overwrite,
    help: "replace an earlier evaluation in --out (default: an error)",
  },
};
