import type { BufferRange } from "../gpu/gpu.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import type { TrainingState } from "./train_event.ts";

/** What a training step is compiled for. */
export interface TrainingStepOptions {
  /** Images in a batch. */
  readonly batch: number;
  /** Rows of an image, as the network takes them. */
  readonly height: number;
  /** Columns of an image. */
  readonly width: number;
  /** How tensors are stored. Parameters, their gradients and Adam's moments are always f32. Default: f32. */
  readonly precision?: "f32" | "f16";
  /** Whether dropout drops channels. Default: true. */
  readonly dropout?: boolean;
  /**
   * Bytes that the batch's tensors may take beside parameters and moments. Default: as many as they need. Where they need
   * more, the backward pass computes some of them once more, which takes about a third more time (gradient checkpointing).
   */
  readonly maxBytes?: number;
}

/** One update's settings. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly learningRate: number;
  /** Decay of the mean of the gradients. */
  readonly beta1: number;
  /** Decay of the mean of their squares. Default: 0.999. */
  readonly beta2?: number;
  /** Added to the denominator. Default: 1e-8. */
  readonly epsilon?: number;
  /** Share of the parameters added to their gradients (coupled L2). Default: 0. */
  readonly weightDecay?: number;
  /** Gradients are scaled down to this global norm. Default: no limit. */
  readonly maxNorm?: number;
}

/** What one batch is run with. */
export interface AccumulateOptions {
  /** Seeds what dropout drops. */
  readonly seed: number;
  /** The batch's weight in the gradients, as 1/4 where four batches make an update. Default: 1. */
  readonly weight?: number;
}

/** What a batch came to. */
export interface BatchResult {
  /** Mean binary cross-entropy of logits and masks over all pixels of the batch. */
  readonly loss: number;
  /** Whether the loss is finite. */
  readonly finite: boolean;
}

/** What an update came to. */
export interface UpdateResult {
  /** Global norm of the gradients before clipping. */
  readonly norm: number;
  /** Whether the parameters were changed: not where a gradient was not finite. */
  readonly applied: boolean;
}

/**
 * A network's training step on a GPU: forward, backward, Adam. Made by `compileTraining()`; whoever made it disposes of it.
 *
 * `accumulate()` and `update()` queue their work before they return, in the order of the calls; their promises only wait for
 * the results. So a loop may queue the next batch before it awaits the last one.
 */
export interface TrainingStep extends Disposable {
  /** Where the images go: [N][1][H][W] of (red, green, blue, 0), normalized, in the step's storage precision. */
  readonly images: BufferRange;
  /** Where the masks go: [N][H][W] of f32, 0 to 1. */
  readonly masks: BufferRange;
  /**
   * Runs forward and backward on what lies in {@linkcode TrainingStep.images} and {@linkcode TrainingStep.masks}; gradients
   * are added to those since the last update.
   */
  accumulate(options: AccumulateOptions): Promise<BatchResult>;
  /**
   * Clips the gradients to the global norm, applies Adam with coupled weight decay, and starts over with no gradients.
   * Where a gradient is not finite, nothing is changed but the loss scale, which is halved.
   */
  update(options: OptimizerOptions): Promise<UpdateResult>;
  /** Reads back all that the step remembers, after what was queued so far. */
  state(): Promise<TrainingState>;
  /** Goes on from a state. */
  load(state: TrainingState): void;
}

/** A {@linkcode TrainingStep} with what is worth a look beside the training itself. */
export interface CompiledTraining extends TrainingStep {
  /** The logits of the last batch: [N][1][H][W] of (logit, 0, 0, 0), in the step's storage precision. */
  readonly logits: BufferRange;
  /** Bytes on the GPU. */
  readonly bytes: number;
  /**
   * Submits the forward pass alone, as it is in training, so that `logits` follow from `images`: with dropout, and with the
   * batch's own statistics, whose running averages move.
   */
  forward(options: Pick<AccumulateOptions, "seed">): void;
  /** Reads back the gradients since the last update, without the loss scale, by the parameters' keys. */
  gradients(): Promise<StateDict>;
}
