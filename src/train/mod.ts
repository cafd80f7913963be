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
