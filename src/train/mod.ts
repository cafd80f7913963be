/**
 * Train networks on WebGPU: data, augmentation, the training step, the training loop, checkpoints.
 *
 * @module
 */
export { compileTraining } from "./compile_training.ts";
export {
  bestEpoch,
  type CheckpointEvent,
  type EpochEvent,
  type EpochRecord,
  type TrainEvent,
  type TrainingProgress,
  type TrainingState,
  type UpdateEvent,
  type Validation,
} from "./train_event.ts";
export type {
  AccumulateOptions,
  BatchResult,
  CompiledTraining,
  OptimizerOptions,
  TrainingStep,
  TrainingStepOptions,
  UpdateResult,
} from "./training_step.ts";

// Data
export { Random } from "./random.ts";
export type {
  ReadSampleOptions,
  Sample,
  SampleSource,
  SampleTile,
} from "./data/sample.ts";
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
export { tileFolderSamples } from "./data/tile_folder_samples.ts";
export {
  type AddedSlide,
  type AddSlideOptions,
  type TileFolderOptions,
  type TileFolderSummary,
  TileFolderWriter,
} from "./data/tile_folder_writer.ts";

// Augmentation
export type {
  Augmentation,
  ColorChange,
  DisplacementGrid,
  Distortion,
  TilePixels,
} from "./augment/augmentation.ts";
export {
  Augmenter,
  type AugmenterOptions,
  type LoadBatchOptions,
} from "./augment/augmenter.ts";
export {
  type Cutout,
  drawAugmentation,
  drawCutout,
} from "./augment/draw_augmentation.ts";

// Initial weights
export {
  initializeWeights,
  type InitializeWeightsOptions,
  weightsOf,
} from "./initialize_weights.ts";

// Training loop
export {
  oneCycle,
  type OneCycleOptions,
  type OneCycleStep,
} from "./one_cycle.ts";
export { train, type TrainOptions } from "./train.ts";
export {
  augmentedBatches,
  type AugmentedBatchesOptions,
  type BatchSource,
  type EpochOptions,
  type FillBatch,
} from "./augmented_batches.ts";
export {
  SegmentationScore,
  validateSamples,
  type ValidateSamplesOptions,
} from "./validate_samples.ts";

// Checkpoints and the report page
export {
  checkpointMetadata,
  type CheckpointMetadataParts,
  decodeTrainingCheckpoint,
  encodeTrainingCheckpoint,
  type TrainingCheckpoint,
} from "./training_checkpoint.ts";
export { trainPage, type TrainPageOptions } from "./page.ts";
export type { PredictedSample } from "./sample_picture.ts";
