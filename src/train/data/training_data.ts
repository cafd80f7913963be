import { cannot } from "../../errors/cannot.ts";
import type { MaskClass } from "../../io/classes.ts";
import type { Normalization } from "../../kernels/tile.ts";
import { Random } from "../random.ts";
import { prefetch } from "./prefetch.ts";
import type { Sample, SampleSource, SampleTile } from "./sample.ts";
import { splitFolds } from "./split_folds.ts";

/**
 * Options for {@linkcode TrainingData}.
 *
 * @category Training data
 */
export interface TrainingDataOptions {
  /** Seed of folds and order: any integer. */
  readonly seed: number;
  /** Number of folds. Default: 5. */
  readonly folds?: number;
  /** The fold used for validation, from 0. Default: 0. */
  readonly fold?: number;
  /** Further samples for training only, such as those of pseudo-labels, of slides that the first source does not have. */
  readonly extra?: SampleSource;
}

/**
 * A batch of samples.
 *
 * @category Training data
 */
export interface SampleBatch {
  /** Index in the epoch, from 0. */
  readonly index: number;
  /** Index of each tile in {@linkcode TrainingData.train} or {@linkcode TrainingData.validation}. */
  readonly places: readonly number[];
  /** The tiles. The last batch of a validation may have fewer than the batch size. */
  readonly tiles: readonly SampleTile[];
}

/**
 * Options for {@linkcode TrainingData.batches}.
 *
 * @category Training data
 */
export interface BatchesOptions extends ValidationBatchesOptions {
  /** Number of the epoch, which decides the order. */
  readonly epoch: number;
  /** First batch to read, to continue in the middle of an epoch. Default: 0. */
  readonly from?: number;
}

/**
 * Options for {@linkcode TrainingData.validationBatches}.
 *
 * @category Training data
 */
export interface ValidationBatchesOptions {
  /** Batch size. */
  readonly batch: number;
  /** Pixels of margin after downsampling, both sides together. Default: 0. */
  readonly expansion?: number;
  /** Samples to read ahead of the consumer. Default: `batch`. */
  readonly readAhead?: number;
  /** Stops early with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Concurrent reads: more would take more memory, and decode no faster. */
const READERS = 4;

/**
 * Training and validation data of one fold: samples split by slide, in an order that depends only on the seed and the
 * epoch, so that a resumed run continues exactly as an uninterrupted one.
 *
 * Each epoch sees the samples once, in a new order, without the last incomplete batch. If there are fewer samples than the
 * batch size, they are repeated to fill one batch.
 *
 * @example Two folds of two slides
 * ```ts
 * import { type SampleSource, TrainingData } from "@tilewise/tilewise/train";
 *
 * const source: SampleSource = {
 *   size: 32,
 *   downsample: 2,
 *   slides: ["a", "b"],
 *   samples: [
 *     { index: 0, slide: "a", x: 0, y: 0, positive: 3 },
 *     { index: 1, slide: "b", x: 0, y: 0, positive: 0 },
 *   ],
 *   warnings: [],
 *   read: (sample) =>
 *     Promise.resolve({ sample, side: 32, pixels: new Uint8Array(32 * 32 * 3), mask: new Uint8Array(32 * 32) }),
 * };
 * const data = new TrainingData(source, { seed: 1, folds: 2, fold: 0 });
 * for await (const { tiles } of data.batches({ epoch: 0, batch: 1 })) console.log(tiles[0].sample.slide);
 * ```
 *
 * @category Training data
 */
export class TrainingData {
  /** Side of a sample in pixels after downsampling. */
  readonly size: number;
  /** Level-0 pixels per pixel of a sample, if `mpp` is not given. */
  readonly downsample: number | undefined;
  /** Micrometers per pixel of a sample. */
  readonly mpp: number | undefined;
  /** The classes, if there are several. */
  readonly classes: readonly MaskClass[] | undefined;
  /** Range of the slides' micrometers per level-0 pixel, as far as they are known. */
  readonly slideMpp: readonly [least: number, most: number] | undefined;
  /** Mean and standard deviation of the channels, if the source measured them. */
  readonly normalization: Normalization | undefined;
  /** Training slides, including those of `extra`. */
  readonly trainSlides: readonly string[];
  /** Validation slides. */
  readonly validationSlides: readonly string[];
  /** Training samples. */
  readonly train: readonly Sample[];
  /** Validation samples. */
  readonly validation: readonly Sample[];
  readonly #seed: number;
  readonly #sources = new Map<Sample, SampleSource>();

  /**
   * Splits a source's slides, and adds those of `extra` to training.
   *
   * @throws {RangeError} If a fold would be empty, the fold does not exist, or training or validation has no sample.
   */
  constructor(source: SampleSource, options: TrainingDataOptions) {
    const { seed, folds = 5, fold = 0, extra } = options;
    const split = splitFolds(source.slides, { folds, seed });
    if (!split[fold]) {
      throw cannot("choose a fold", `fold must be 0 to ${folds - 1}`, {
        received: fold,
        kind: RangeError,
      });
    }
    if (extra && describe(extra) !== describe(source)) {
      throw cannot(
        "join samples",
        `all must have the same size, scale and classes, received ${
          describe(source)
        } and ${describe(extra)}`,
        { kind: RangeError },
      );
    }
    const twice = extra?.slides.find((slide) => source.slides.includes(slide));
    if (twice !== undefined) {
      // Its pixels could be in training and validation at once.
      throw cannot("join samples", `slide "${twice}" is in both sources`, {
        kind: RangeError,
      });
    }
    this.#seed = seed;
    this.size = source.size;
    this.downsample = source.downsample;
    this.mpp = source.mpp;
    this.classes = source.classes;
    const scales = [source.slideMpp, extra?.slideMpp].flatMap((of) => of ?? []);
    this.slideMpp = scales.length === 0
      ? undefined
      : [Math.min(...scales), Math.max(...scales)];
    this.normalization = source.normalization;
    this.validationSlides = split[fold];
    const held = new Set(split[fold]);
    this.trainSlides = [
      ...source.slides.filter((slide) => !held.has(slide)),
      ...extra?.slides ?? [],
    ];
    this.validation = source.samples.filter(({ slide }) => held.has(slide));
    this.train = [
      ...source.samples.filter(({ slide }) => !held.has(slide)),
      ...extra?.samples ?? [],
    ];
    for (const one of [source, ...extra ? [extra] : []]) {
      for (const sample of one.samples) this.#sources.set(sample, one);
    }
    for (
      const [samples, side, slides] of [
        [this.train, "training", this.trainSlides],
        [this.validation, "validation", this.validationSlides],
      ] as const
    ) {
      if (samples.length === 0) {
        throw cannot(
          `use fold ${fold} of ${folds}`,
          `its ${side} slides have no tile to use (${slides.join(", ")})`,
          { kind: RangeError },
        );
      }
    }
  }

  /** The order of an epoch: indices in {@linkcode TrainingData.train}. */
  order(epoch: number): Uint32Array {
    const places = Uint32Array.from(this.train.keys());
    return new Random(this.#seed, 0x6f726472, epoch).shuffle(places);
  }

  /** Number of batches in an epoch. */
  batchesPerEpoch(batch: number): number {
    checkBatch(batch);
    return Math.max(1, Math.floor(this.train.length / batch));
  }

  /**
   * Reads an epoch's training batches in order, with samples read ahead.
   *
   * @throws {RangeError} If an option is out of range.
   */
  batches(
    options: BatchesOptions,
  ): AsyncGenerator<SampleBatch, void, undefined> {
    const { epoch, batch, from = 0 } = options;
    const count = this.batchesPerEpoch(batch);
    if (!Number.isInteger(from) || from < 0 || from > count) {
      throw cannot("read batches", `from must be 0 to ${count}`, {
        received: from,
        kind: RangeError,
      });
    }
    const order = this.order(epoch);
    const places = Array.from(
      { length: (count - from) * batch },
      (_, i) => order[(from * batch + i) % order.length],
    );
    return this.#read(this.train, places, { ...options, from });
  }

  /**
   * Reads all validation samples in order, with samples read ahead. The last batch may be smaller.
   *
   * @throws {RangeError} If an option is out of range.
   */
  validationBatches(
    options: ValidationBatchesOptions,
  ): AsyncGenerator<SampleBatch, void, undefined> {
    checkBatch(options.batch);
    const places = [...this.validation.keys()];
    return this.#read(this.validation, places, { ...options, from: 0 });
  }

  /** Reads one sample of training or validation. */
  read(
    sample: Sample,
    options: { readonly expansion?: number; readonly signal?: AbortSignal } =
      {},
  ): Promise<SampleTile> {
    const source = this.#sources.get(sample);
    if (!source) {
      throw cannot(
        `read sample of "${sample.slide}"`,
        "it belongs to other data",
        { kind: RangeError },
      );
    }
    return source.read(sample, options);
  }

  async *#read(
    samples: readonly Sample[],
    places: readonly number[],
    options: ValidationBatchesOptions & { from: number },
  ): AsyncGenerator<SampleBatch, void, undefined> {
    const { batch, expansion, readAhead = batch, signal } = options;
    let index = options.from;
    let tiles: SampleTile[] = [];
    let done = 0;
    for await (
      const tile of prefetch(
        places,
        (place, signal) => this.read(samples[place], { expansion, signal }),
        { ahead: readAhead, atOnce: READERS, signal },
      )
    ) {
      tiles.push(tile);
      if (tiles.length < batch && done + tiles.length < places.length) continue;
      const end = done + tiles.length;
      yield { index, places: places.slice(done, end), tiles };
      done = end;
      index++;
      tiles = [];
    }
  }
}

/** The size, the scale and the classes of a source's samples. */
function describe({ size, downsample, mpp, classes }: SampleSource): string {
  const scale = mpp === undefined ? `1:${downsample}` : `${mpp} µm per pixel`;
  const names = classes?.map(({ name }) => name);
  return `${size} px at ${scale}${names ? ` of ${names.join(", ")}` : ""}`;
}

function checkBatch(batch: number): void {
  if (Number.isInteger(batch) && batch >= 1) return;
  throw cannot("read batches", "batch must be a positive integer", {
    received: batch,
    kind: RangeError,
  });
}
