/**
 * Training on WebGPU: a network as a graph becomes a step of forward, backward and Adam.
 *
 * @module
 */
export { compileTraining } from "./compile_training.ts";
export type { TrainingState } from "./training_state.ts";
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
} from "./augment/augmentation.ts";
export {
  Augmenter,
  type AugmenterOptions,
  type LoadBatchOptions,
  type TilePixels,
} from "./augment/augmenter.ts";
export { drawAugmentation } from "./augment/draw_augmentation.ts";
export { type Cutout, drawCutout } from "./augment/draw_cutout.ts";

// The start
export {
  initializeWeights,
  type InitializeWeightsOptions,
} from "./initialize_weights.ts";

// The loop
export {
  oneCycle,
  type OneCycleOptions,
  type OneCycleStep,
} from "./one_cycle.ts";
export { train, type TrainOptions, type Validation } from "./train.ts";
export type {
  CheckpointEvent,
  EpochEvent,
  TrainEvent,
  UpdateEvent,
} from "./train_event.ts";
export type { BatchSource, EpochOptions, FillBatch } from "./batch_source.ts";
export {
  augmentedBatches,
  type AugmentedBatchesOptions,
} from "./augmented_batches.ts";
export {
  bestEpoch,
  type EpochRecord,
  type TrainingProgress,
} from "./training_progress.ts";
export { SegmentationScore } from "./segmentation_score.ts";
export {
  validateSamples,
  type ValidateSamplesOptions,
} from "./validate_samples.ts";

// What stays
export type { TrainingCheckpoint } from "./training_checkpoint.ts";
export { encodeTrainingCheckpoint } from "./encode_training_checkpoint.ts";
export { decodeTrainingCheckpoint } from "./decode_training_checkpoint.ts";
export {
  checkpointMetadata,
  type CheckpointMetadataParts,
} from "./checkpoint_metadata.ts";
export { weightsOf } from "./weights_of.ts";
export { trainPage, type TrainPageOptions } from "./page/train_page.ts";
export type { PredictedSample } from "./page/sample_picture.ts";
