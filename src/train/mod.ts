/**
 * Training on WebGPU: a network as a graph becomes a step of forward, backward and Adam.
 *
 * @module
 */
export type { TrainingState } from "./training_state.ts";
export type {
  AccumulateOptions,
  BatchResult,
  OptimizerOptions,
  TrainingStep,
  TrainingStepOptions,
  UpdateResult,
} from "./training_step.ts";

// Data
export { Random } from "./random.ts";
export type { Sample, SampleTile } from "./data/sample.ts";
export type { ReadSampleOptions, SampleSource } from "./data/sample_source.ts";
export {
  type ScannedTile,
  slideSamples,
  type SlideSamplesOptions,
  type TrainingSlide,
} from "./data/slide_samples.ts";
export { splitFolds, type SplitFoldsOptions } from "./data/split_folds.ts";
export {
  type BatchesOptions,
  type SampleBatch,
  TrainingData,
  type TrainingDataOptions,
  type ValidationBatchesOptions,
} from "./data/training_data.ts";

// Augmentation
export type {
  Augmentation,
  ColorChange,
  DisplacementGrid,
  Distortion,
} from "./augment/augmentation.ts";
export { drawAugmentation } from "./augment/draw_augmentation.ts";
export { type Cutout, drawCutout } from "./augment/draw_cutout.ts";
