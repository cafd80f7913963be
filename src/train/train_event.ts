import type { StateDict } from "../weights/tensor_data.ts";

/**
 * The state of a training step between two updates, for checkpoints: a step that loads it continues to the same bytes.
 *
 * @category Training loop
 */
export interface TrainingState {
  /**
   * Parameters and running statistics by their state-dict keys, f32 in PyTorch's shapes; and, unchanged, the state dict's
   * tensors that are not trained.
   */
  readonly parameters: StateDict;
  /** Adam's moments, f32: `KEY.exp_avg` and `KEY.exp_avg_sq` for each parameter's KEY. If empty, all are zero. */
  readonly moments: StateDict;
  /** Number of applied updates. */
  readonly step: number;
  /** Factor of the loss before the backward pass; 1 with f32 storage. */
  readonly lossScale: number;
  /** Applied updates since the loss scale last changed. */
  readonly steadySteps: number;
}

/**
 * A completed epoch.
 *
 * @category Training loop
 */
export interface EpochRecord {
  /** Number of the epoch, from 1. */
  readonly epoch: number;
  /** Mean training loss of its batches. */
  readonly trainLoss: number;
  /** Mean binary cross-entropy over the validation slides. `undefined` if the epoch was not validated. */
  readonly valLoss?: number;
  /** Soft Dice, 2·Σp·t / Σ(p + t), over all validation slides together. `undefined` if the epoch was not validated. */
  readonly dice?: number;
  /** Soft Dice of each of several classes, whose mean is `dice`. */
  readonly classDice?: readonly number[];
  /** Learning rate of its last update. */
  readonly learningRate: number;
}

/**
 * Progress of {@linkcode train}. Together with the step's state it suffices to continue.
 *
 * @category Training loop
 */
export interface TrainingProgress {
  /** The current epoch, from 1; one more than the last when all are complete. */
  readonly epoch: number;
  /** Completed updates of the current epoch. */
  readonly updates: number;
  /** Sum of the losses of those updates. */
  readonly lossSum: number;
  /** Records of the completed epochs. */
  readonly history: readonly EpochRecord[];
}

/**
 * The epoch with the best soft Dice, the earlier of two equal ones. `undefined` if no epoch was validated.
 *
 * @category Training loop
 */
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

/**
 * An event of `train()`.
 *
 * @category Training loop
 */
export type TrainEvent = UpdateEvent | CheckpointEvent | EpochEvent;

/**
 * The weights were updated.
 *
 * @category Training loop
 */
export interface UpdateEvent {
  /** Which event. */
  readonly kind: "update";
  /** The epoch, from 1. */
  readonly epoch: number;
  /** Number of the update in its epoch, from 1. */
  readonly update: number;
  /** Updates per epoch. */
  readonly updates: number;
  /** Mean loss of the update's batches. */
  readonly loss: number;
  /** Learning rate of the update. */
  readonly learningRate: number;
  /** Global norm of the gradients before clipping. */
  readonly norm: number;
  /** Whether the weights changed. They do not if gradients are not finite, as happens while loss scaling finds its scale. */
  readonly applied: boolean;
}

/**
 * The step's state belongs to this progress: the time to save both.
 *
 * @category Training loop
 */
export interface CheckpointEvent {
  /** Which event. */
  readonly kind: "checkpoint";
  /** Progress to continue from. */
  readonly progress: TrainingProgress;
}

/**
 * An epoch is complete and validated: also a time to save.
 *
 * @category Training loop
 */
export interface EpochEvent {
  /** Which event. */
  readonly kind: "epoch";
  /** Record of the epoch. */
  readonly record: EpochRecord;
  /** Whether its soft Dice is the best so far. */
  readonly best: boolean;
  /** Progress to continue from. */
  readonly progress: TrainingProgress;
}

/** Result of a validation.
 * @category Validation */
export interface Validation {
  /** Mean binary cross-entropy; of several classes, the loss that they are trained with. */
  readonly loss: number;
  /** Soft Dice, 2·Σp·t / Σ(p + t); of several classes, the mean. */
  readonly dice: number;
  /** Soft Dice of each of several classes. */
  readonly classDice?: readonly number[];
}
