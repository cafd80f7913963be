import { cannot } from "../errors/cannot.ts";
import { formatNumber } from "../report/markup.ts";
import type { BatchSource } from "./augmented_batches.ts";
import { oneCycle, type OneCycleOptions } from "./one_cycle.ts";
import { Random } from "./random.ts";
import {
  bestEpoch,
  type EpochRecord,
  type TrainEvent,
  type TrainingProgress,
  type UpdateEvent,
  type Validation,
} from "./train_event.ts";
import type { BatchResult, TrainingStep } from "./training_step.ts";

/** Options for {@linkcode train}.
 * @category Training loop */
export interface TrainOptions extends Omit<OneCycleOptions, "steps"> {
  /** Training data. */
  readonly data: BatchSource;
  /** Passes over the data. Default: 50. */
  readonly epochs?: number;
  /** Batches per update (gradient accumulation). Default: 1. */
  readonly accumulate?: number;
  /** Seed of dropout. Default: 1. */
  readonly seed?: number;
  /** Weight decay, as an L2 penalty on the gradients. Default: 1e-5. */
  readonly weightDecay?: number;
  /** Maximum global norm of the gradients. Default: 1. */
  readonly maxNorm?: number;
  /**
   * Validates the step's weights after an epoch; `undefined` skips the epoch. Records of epochs without validation have
   * neither `valLoss` nor `dice`, and are never the best. Default: no validation.
   */
  readonly validate?: (
    options: { readonly signal?: AbortSignal },
  ) => Promise<Validation | undefined>;
  /** Updates between checkpoints within an epoch. Default: none. */
  readonly checkpointEvery?: number;
  /** Progress to continue from. The step must have loaded the state that belongs to it. Default: start a new run. */
  readonly progress?: TrainingProgress;
  /** Stops the run early with the signal's reason, after a last checkpoint. */
  readonly signal?: AbortSignal;
}

/** Key that keeps the random stream of dropout apart from the seed's others. */
const DROPOUT = 0x64726f70;

/** Skipped updates in a row after which a run fails: loss scaling needs at most 16, from 2^16 down. */
const PATIENCE = 25;

/**
 * Trains a network with Adam, the one-cycle schedule and gradient clipping, and validates after each epoch, as the
 * 3rd-place solution of HuBMAP "Hacking the Kidney" does. The run continues when the next event is requested.
 *
 * Updates are queued one ahead of their events. At a `checkpoint` or an `epoch` event nothing is queued: the step's
 * `state()` belongs to the event's `progress`, and a run that continues from both reaches the same weights, bit for bit
 * on the same device.
 *
 * @example
 * ```ts
 * import { type Architecture } from "@tilewise/tilewise/models";
 * import { conv2d } from "@tilewise/tilewise/graph";
 * import { Gpu } from "@tilewise/tilewise/gpu";
 * import { type BatchSource, compileTraining, initializeWeights, train } from "@tilewise/tilewise/train";
 *
 * const tiny: Architecture = {
 *   name: "tiny",
 *   forward: (image) => conv2d(image, { name: "a", channels: 1, kernel: 1 }),
 * };
 * using gpu = await Gpu.request();
 * const weights = initializeWeights(tiny, { seed: 1 });
 * using step = await compileTraining(gpu, tiny, weights, { batch: 1, height: 16, width: 16 });
 * const data: BatchSource = {
 *   batches: 2,
 *   async *epoch({ from }) {
 *     for (let batch = from; batch < 2; batch++) {
 *       yield ({ images, masks }) => {
 *         const { queue } = gpu.device;
 *         queue.writeBuffer(images.buffer, images.offset, new Float32Array(16 * 16 * 4).fill(0.5));
 *         queue.writeBuffer(masks.buffer, masks.offset, new Float32Array(16 * 16).fill(1));
 *       };
 *     }
 *   },
 * };
 * for await (const event of train(step, { data, epochs: 1 })) {
 *   if (event.kind === "epoch") console.log(event.record);
 * }
 * ```
 *
 * @throws {RangeError} At the call if an option is out of range; while iterating if a loss is not finite, gradients stay
 * infinite, or a validation gives NaN.
 * @category Training loop
 */
export function train(
  step: TrainingStep,
  options: TrainOptions,
): AsyncIterableIterator<TrainEvent> {
  const { data, epochs = 50, accumulate = 1, checkpointEvery } = options;
  checkCounts({ epochs, accumulate });
  if (checkpointEvery !== undefined) checkCounts({ checkpointEvery });
  const updates = Math.floor(data.batches / accumulate);
  if (updates < 1) {
    throw cannot(
      "train",
      `an epoch must have at least the ${accumulate} batches of one update`,
      { received: data.batches, kind: RangeError },
    );
  }
  const schedule = oneCycle({ ...options, steps: updates * epochs });
  const run = { ...options, epochs, accumulate };
  return new Run(step, run, { updates, schedule }).events();
}

type Options = TrainOptions & { epochs: number; accumulate: number };
/** One call of {@linkcode train}. */
class Run {
  readonly #step: TrainingStep;
  readonly #options: Options;
  readonly #updates: number;
  readonly #schedule: ReturnType<typeof oneCycle>;
  #progress: TrainingProgress;
  #skipped = 0;

  constructor(
    step: TrainingStep,
    options: Options,
    { updates, schedule }: {
      readonly updates: number;
      readonly schedule: ReturnType<typeof oneCycle>;
    },
  ) {
    this.#step = step;
    this.#options = options;
    this.#updates = updates;
    this.#schedule = schedule;
    this.#progress = options.progress ??
      { epoch: 1, updates: 0, lossSum: 0, history: [] };
  }

  async *events(): AsyncGenerator<TrainEvent, void, undefined> {
    const { epochs, signal } = this.#options;
    try {
      while (this.#progress.epoch <= epochs) {
        signal?.throwIfAborted();
        yield* this.#train();
        yield await this.#validate();
      }
    } catch (error) {
      // Keeps the updates that are complete.
      if (signal?.aborted) {
        yield { kind: "checkpoint", progress: this.#progress };
      }
      throw error;
    }
  }

  /** The rest of an epoch's updates. */
  async *#train(): AsyncGenerator<TrainEvent, void, undefined> {
    const { accumulate, checkpointEvery = Infinity, data, seed = 1, signal } =
      this.#options;
    const { epoch } = this.#progress;
    let update = this.#progress.updates;
    if (update === this.#updates) return;
    let batch = update * accumulate;
    let results: Promise<BatchResult>[] = [];
    const queued: Promise<UpdateEvent>[] = [];
    for await (const fill of data.epoch({ epoch, from: batch })) {
      await fill(this.#step);
      const dropout = new Random(seed, DROPOUT, epoch, batch++);
      const result = this.#step.accumulate({
        seed: dropout.next(),
        weight: 1 / accumulate,
      });
      result.catch(() => {}); // awaited with its update, unless another fails first
      results.push(result);
      // Updates are always completed, so that running statistics are those of complete updates.
      if (results.length < accumulate) continue;
      const event = this.#update(++update, results);
      event.catch(() => {}); // likewise
      queued.push(event);
      results = [];
      const isLast = update === this.#updates;
      const isCheckpoint = !isLast && update % checkpointEvery === 0;
      const ahead = () => isLast || isCheckpoint || signal?.aborted ? 0 : 1;
      while (queued.length > ahead()) {
        yield this.#finish(await queued.shift()!);
      }
      if (isCheckpoint) yield { kind: "checkpoint", progress: this.#progress };
      signal?.throwIfAborted();
      if (isLast) return;
    }
    throw cannot("train", `an epoch must have ${data.batches} batches`, {
      received: batch,
      kind: RangeError,
    });
  }

  /** Queues an update, and waits for its result. */
  async #update(
    update: number,
    batches: readonly Promise<BatchResult>[],
  ): Promise<UpdateEvent> {
    const { weightDecay = 1e-5, maxNorm = 1 } = this.#options;
    const { epoch } = this.#progress;
    const rates = this.#schedule((epoch - 1) * this.#updates + update - 1);
    const updated = this.#step.update({ ...rates, weightDecay, maxNorm });
    const [{ norm, applied }, ...results] = await Promise.all([
      updated,
      ...batches,
    ]);
    const loss = results.reduce((sum, { loss }) => sum + loss, 0) /
      results.length;
    const { learningRate } = rates;
    const updates = this.#updates;
    return {
      kind: "update",
      epoch,
      update,
      updates,
      loss,
      learningRate,
      norm,
      applied,
    };
  }

  /** Records a completed update. */
  #finish(event: UpdateEvent): UpdateEvent {
    const { epoch, update, loss, learningRate, applied } = event;
    const where = `epoch ${epoch}, update ${update}, learning rate ${
      formatNumber(learningRate)
    }`;
    if (!Number.isFinite(loss)) {
      throw cannot(
        "continue training",
        `the loss must be finite, received ${loss} in ${where}; use a lower learning rate`,
        { kind: RangeError },
      );
    }
    this.#skipped = applied ? 0 : this.#skipped + 1;
    if (this.#skipped >= PATIENCE) {
      throw cannot(
        "continue training",
        `gradients were not finite in ${this.#skipped} updates in a row, the last in ${where}; use a lower learning rate`,
        { kind: RangeError },
      );
    }
    const lossSum = this.#progress.lossSum + loss;
    this.#progress = { ...this.#progress, updates: update, lossSum };
    return event;
  }

  /** Ends an epoch. */
  async #validate(): Promise<TrainEvent> {
    const { validate, signal } = this.#options;
    const { epoch, updates, lossSum, history } = this.#progress;
    const measured = await validate?.({ signal });
    if (measured && Number.isNaN(measured.loss + measured.dice)) {
      throw cannot(
        "continue training",
        `a validation must give numbers, or undefined to skip the epoch (loss ${measured.loss} and dice ${measured.dice} after epoch ${epoch})`,
        { kind: RangeError },
      );
    }
    const record: EpochRecord = {
      epoch,
      trainLoss: lossSum / updates,
      ...(measured && { valLoss: measured.loss, dice: measured.dice }),
      ...(measured?.classDice && { classDice: measured.classDice }),
      learningRate: this.#schedule(epoch * this.#updates - 1).learningRate,
    };
    const progress = {
      epoch: epoch + 1,
      updates: 0,
      lossSum: 0,
      history: [...history, record],
    };
    this.#progress = progress;
    const best = bestEpoch(progress.history) === record;
    return { kind: "epoch", record, best, progress };
  }
}

function checkCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isInteger(count) && count > 0) continue;
    throw cannot("train", `${name} must be a positive integer`, {
      received: count,
      kind: RangeError,
    });
  }
}
