import type { StateDict } from "../weights/tensor_data.ts";

/** All that a training step remembers from one update to the next, for checkpoints: `load()` of it goes on to the same bytes. */
export interface TrainingState {
  /**
   * Parameters and running statistics by their state-dict keys, f32 in PyTorch's shapes; and what came with the state dict
   * though the network does not train it, as it came.
   */
  readonly parameters: StateDict;
  /** Adam's moments, f32: `KEY.exp_avg` and `KEY.exp_avg_sq` for each parameter's KEY. Empty stands for zeros. */
  readonly moments: StateDict;
  /** Updates that were applied. */
  readonly step: number;
  /** What the loss is multiplied by before the backward pass; 1 with f32 storage. */
  readonly lossScale: number;
  /** Applied updates since the loss scale last changed. */
  readonly steadySteps: number;
}

/** An epoch that is done. */
export interface EpochRecord {
  /** Its number, from 1. */
  readonly epoch: number;
  /** Mean loss of its batches, in training. */
  readonly trainLoss: number;
  /** Mean binary cross-entropy over the validation slides; `undefined` where the epoch was not validated. */
  readonly valLoss?: number;
  /** Soft Dice, 2·Σp·t / Σ(p + t), over the validation slides together; `undefined` where the epoch was not validated. */
  readonly dice?: number;
  /** Learning rate of its last update. */
  readonly learningRate: number;
}

/** How far a run of {@linkcode train} is: with the step's state, all that it takes to go on. */
export interface TrainingProgress {
  /** The epoch under way, from 1; one past the last when all are done. */
  readonly epoch: number;
  /** Its updates that are done. */
  readonly updates: number;
  /** Sum of the losses of those updates' batches. */
  readonly lossSum: number;
  /** The epochs before it. */
  readonly history: readonly EpochRecord[];
}

/** The record of the best soft Dice, the earlier one of two equals; `undefined` where no epoch was validated. */
export function bestEpoch(
  history: readonly EpochRecord[],
): (EpochRecord & { readonly dice: number }) | undefined {
  const scored = history.filter((record) => Number.isFinite(record.dice)) as (
    & EpochRecord
    & { readonly dice: number }
  )[];
  if (scored.length === 0) return undefined;
  return scored.reduce((best, one) => one.dice > best.dice ? one : best);
}

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
