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
