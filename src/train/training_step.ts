import type { Activation } from "../io/classes.ts";
import type { BufferRange } from "../gpu/gpu.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import type { TrainingState } from "./train_event.ts";

/**
 * Options for a training step.
 *
 * @category Training steps
 */
export interface TrainingStepOptions {
  /** Batch size. */
  readonly batch: number;
  /** Height of the images in pixels. */
  readonly height: number;
  /** Width of the images in pixels. */
  readonly width: number;
  /** Storage of tensors. Parameters, their gradients and Adam's moments are always f32. Default: `"f32"`. */
  readonly precision?: "f32" | "f16";
  /** Number of classes, one channel of the logits each. Default: 1. */
  readonly classes?: number;
  /**
   * What makes probabilities of the logits, which decides the loss. With `sigmoid` it is the binary cross-entropy, the mean
   * over the classes. With `softmax` there is one more channel, the first, for background, and the loss is the cross-entropy
   * plus 1 less the soft Dice (2 Σpt + 1) / (Σp + Σt + 1) of the batch, the mean over the classes. Default: `"sigmoid"`.
   */
  readonly activation?: Activation;
  /**
   * Whether masks may have pixels of 255, whose class is unknown: they have neither loss nor gradient, and means are over the
   * others. The loss of a batch that has no others is 0. Default: false.
   */
  readonly hasUnknown?: boolean;
  /** Whether dropout is active. Default: true. */
  readonly dropout?: boolean;
  /**
   * Limit on the bytes of a batch's images, masks and tensors, without parameters, gradients and moments. To keep it, the
   * backward pass recomputes tensors, which takes about a third more time (gradient checkpointing). Default: no limit.
   */
  readonly maxBytes?: number;
}

/**
 * Settings of an update.
 *
 * @category Training steps
 */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly learningRate: number;
  /** Decay rate of the mean of the gradients. */
  readonly beta1: number;
  /** Decay rate of the mean of their squares. Default: 0.999. */
  readonly beta2?: number;
  /** Added to the denominator. Default: 1e-8. */
  readonly epsilon?: number;
  /** Fraction of the parameters that is added to their gradients (L2 penalty). Default: 0. */
  readonly weightDecay?: number;
  /** Maximum global norm of the gradients, to which they are scaled down. Default: no limit. */
  readonly maxNorm?: number;
}

/**
 * Options for a batch.
 *
 * @category Training steps
 */
export interface AccumulateOptions {
  /** Seed of dropout. */
  readonly seed: number;
  /** Weight of the batch in the gradients, such as 1/4 if an update has four batches. Default: 1. */
  readonly weight?: number;
}

/**
 * Result of a batch.
 *
 * @category Training steps
 */
export interface BatchResult {
  /** The loss of the batch: of one class, the mean binary cross-entropy of logits and masks over all known pixels. */
  readonly loss: number;
  /** Whether the loss is finite. */
  readonly finite: boolean;
}

/**
 * Result of an update.
 *
 * @category Training steps
 */
export interface UpdateResult {
  /** Global norm of the gradients before clipping. */
  readonly norm: number;
  /** Whether the parameters changed. They do not if a gradient is not finite. */
  readonly applied: boolean;
}

/**
 * A network's training step on a GPU: forward, backward, Adam. Created by `compileTraining()`; the caller disposes of it.
 *
 * `accumulate()` and `update()` queue their work before they return, in the order of the calls; their promises only wait
 * for the results. A loop can therefore queue the next batch before it awaits the last one.
 *
 * @category Training steps
 */
export interface TrainingStep extends Disposable {
  /** Input images: [N][1][H][W] of (red, green, blue, 0), normalized, in the step's precision. */
  readonly images: BufferRange;
  /**
   * Input masks: [N][H][W] of f32, 0 to 1; of several classes, or a softmax, 0 for background and k for the k-th class; with
   * `hasUnknown` also 255.
   */
  readonly masks: BufferRange;
  /**
   * Runs forward and backward on {@linkcode TrainingStep.images} and {@linkcode TrainingStep.masks}, and adds the gradients
   * to those since the last update.
   */
  accumulate(options: AccumulateOptions): Promise<BatchResult>;
  /**
   * Clips the gradients to the global norm, applies Adam with L2 weight decay, and resets the gradients. If a gradient is
   * not finite, only the loss scale changes: it is halved.
   */
  update(options: OptimizerOptions): Promise<UpdateResult>;
  /** Reads back the step's state after all queued work. */
  state(): Promise<TrainingState>;
  /** Loads a state to continue from. */
  load(state: TrainingState): void;
}

/**
 * A {@linkcode TrainingStep} with access to logits, gradients and the forward pass.
 *
 * @category Training steps
 */
export interface CompiledTraining extends TrainingStep {
  /** Logits of the last batch: [N][C/4][H][W] of four channels, padded with zeros, in the step's precision. */
  readonly logits: BufferRange;
  /** Bytes of GPU memory. */
  readonly bytes: number;
  /**
   * Submits the forward pass of training alone, which computes `logits` from `images`: with dropout and batch statistics,
   * and updates the running statistics.
   */
  forward(options: Pick<AccumulateOptions, "seed">): void;
  /** Reads back the gradients since the last update by the parameters' keys, without the loss scale. */
  gradients(): Promise<StateDict>;
}
