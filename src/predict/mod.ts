/**
 * Load models and run them over tiles: ensembles, flips, tuning, memory.
 *
 * @module
 */

export {
  hubmapNormalization,
  loadModel,
  type LoadModelOptions,
  type WeightsSource,
} from "./load_model.ts";
export { loadEncoder } from "./load_encoder.ts";
export { Model, type Network } from "./model.ts";
export type {
  Backend,
  NewNetwork,
  Predictor,
  PredictorOptions,
  TileKind,
  TileResult,
} from "./backend.ts";
export type { DeviceChoice } from "./open_device.ts";
export type { NetworkTraining } from "./checkpoint_metadata.ts";
export type { Activation } from "../io/classes.ts";
export type { MemoryPlan } from "./plan_memory.ts";
export {
  type PredictionOf,
  type PredictOptions,
  predictTiles,
  type TilePrediction,
} from "./predict_tiles.ts";
export { type TuneOptions, Tuning, type TuningProgress } from "./tuning.ts";
