/**
 * Labels of slides, and the evaluation of predictions against them.
 *
 * @module
 */

export {
  type LabeledSlide,
  type Labels,
  openLabels,
  type OpenLabelsOptions,
} from "../labels/open_labels.ts";
export type { Unlabeled } from "../labels/corrections.ts";
export type { LabelSource, ReadLabelsOptions } from "../labels/label_source.ts";
export type { Calibration, CalibrationBin } from "./calibration.ts";
export {
  type ClassCounts,
  type ClassEvaluation,
  evaluateCounts,
  type Evaluation,
  type EvaluationCounts,
  type KnownCounts,
  type PixelCounts,
  type ThresholdScore,
} from "./evaluate_counts.ts";
export { MaskEvaluator, type MaskEvaluatorOptions } from "./mask_evaluator.ts";
export type {
  MatchedObject,
  MatchKind,
  ObjectMatches,
} from "./object_matcher.ts";
export {
  measureSeams,
  type MeasureSeamsOptions,
  type SeamPoint,
  SeamProfile,
  type SeamProfileOptions,
} from "./measure_seams.ts";
