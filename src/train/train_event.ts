import type { EpochRecord, TrainingProgress } from "./training_progress.ts";

/** What happens in a run of `train()`. */
export type TrainEvent = UpdateEvent | CheckpointEvent | EpochEvent;

/** The weights were updated. */
export interface UpdateEvent {
  /** Which event. */
  readonly kind: "update";
  /** The epoch, from 1. */
  readonly epoch: number;
  /** The update in its epoch, from 1. */
  readonly update: number;
  /** Updates of an epoch. */
  readonly updates: number;
  /** Mean loss of the update's batches. */
  readonly loss: number;
  /** The learning rate. */
  readonly learningRate: number;
  /** Global norm of the gradients before clipping. */
  readonly norm: number;
  /** Whether the weights changed: not where gradients were not finite, as happens while loss scaling finds its scale. */
  readonly applied: boolean;
}

/** The step's state is that of this progress: a moment to save both. */
export interface CheckpointEvent {
  /** Which event. */
  readonly kind: "checkpoint";
  /** Where to go on. */
  readonly progress: TrainingProgress;
}

/** An epoch is done and validated; a moment to save, too. */
export interface EpochEvent {
  /** Which event. */
  readonly kind: "epoch";
  /** What it came to. */
  readonly record: EpochRecord;
  /** Whether its soft Dice is the best so far. */
  readonly best: boolean;
  /** Where to go on. */
  readonly progress: TrainingProgress;
}
