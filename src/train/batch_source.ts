import type { TrainingStep } from "./training_step.ts";

/** Puts a batch into a step's `images` and `masks`, by what it queues before it resolves. */
export type FillBatch = (
  step: Pick<TrainingStep, "images" | "masks">,
) => void | Promise<void>;

/** What {@linkcode train} learns from. */
export interface BatchSource {
  /** Batches of an epoch, as large as the step takes. */
  readonly batches: number;
  /**
   * The batches of an epoch, in an order and with augmentations that follow from the epoch's number alone. Reads ahead, so
   * that what is to come is prepared while the GPU works.
   */
  epoch(options: EpochOptions): AsyncIterable<FillBatch>;
}

/** Which part of an epoch is asked for. */
export interface EpochOptions {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** The first batch, from 0. */
  readonly from: number;
}
