import type { Normalization } from "../../kernels/tile.ts";
import { Random } from "../random.ts";
import { prefetch } from "./prefetch.ts";
import type { Sample, SampleSource, SampleTile } from "./sample.ts";
import { splitFolds } from "./split_folds.ts";

/** How {@linkcode TrainingData} splits and orders. */
export interface TrainingDataOptions {
  /** Any integer; it decides the folds and the order. */
  readonly seed: number;
  /** How many folds. Default: 5. */
  readonly folds?: number;
  /** Which fold is kept for validation, from 0. Default: 0. */
  readonly fold?: number;
  /** Further samples to train on alone, as those of pseudo-labels; of slides that the first source does not have. */
  readonly extra?: SampleSource;
}

/** Samples to train on together. */
export interface SampleBatch {
  /** Its place in the epoch, from 0. */
  readonly index: number;
  /** For each tile, its place in {@linkcode TrainingData.train} or {@linkcode TrainingData.validation}. */
  readonly places: readonly number[];
  /** The tiles; as many as a batch holds, but in validation's last. */
  readonly tiles: readonly SampleTile[];
}

/** Which batches {@linkcode TrainingData.batches} reads. */
export interface BatchesOptions extends ValidationBatchesOptions {
  /** Which epoch, from 0. */
  readonly epoch: number;
  /** The first batch to read, to go on in the midst of an epoch. Default: 0. */
  readonly from?: number;
}

/** How {@linkcode TrainingData.validationBatches} reads. */
export interface ValidationBatchesOptions {
  /** Samples in a batch. */
  readonly batch: number;
  /** Pixels around each sample, both sides together, after downsampling. Default: none. */
  readonly expansion?: number;
  /** Samples read ahead of the consumer. Default: a batch. */
  readonly readAhead?: number;
  /** Ends the reading early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Reads under way at a time: more would hold more slide pixels in memory, and decode no faster. */
const READERS = 4;

/**
 * What one fold is trained and validated on: samples split by slide, in an order that follows from the seed and the epoch
 * alone, so that training goes on after a stop exactly as it would have without.
 *
 * Each epoch sees every sample once, in a new order, but for those that are missing to a whole batch; where there are less
 * samples than a batch holds, they are repeated to fill one.
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
 */
export class TrainingData {
  /** Side of a sample in pixels after downsampling. */
  readonly size: number;
  /** Level-0 pixels per pixel of a sample, where not `mpp` says it. */
  readonly downsample: number | undefined;
  /** Micrometers per pixel of a sample. */
  readonly mpp: number | undefined;
  /** The least and the most micrometers per level-0 pixel of the slides, as far as these say it. */
  readonly slideMpp: readonly [least: number, most: number] | undefined;
  /** Mean and deviation of the channels, where the source has measured them. */
  readonly normalization: Normalization | undefined;
  /** Slides trained on, extra ones included. */
  readonly trainSlides: readonly string[];
  /** Slides validated on. */
  readonly validationSlides: readonly string[];
  /** Samples trained on. */
  readonly train: readonly Sample[];
  /** Samples validated on. */
  readonly validation: readonly Sample[];
  readonly #seed: number;
  readonly #sources = new Map<Sample, SampleSource>();

  /**
   * Splits a source's slides, and joins those of `extra` to the training side.
   *
   * @throws {RangeError} If a fold would have no slide, there is no such fold, or a side has no sample.
   */
  constructor(source: SampleSource, options: TrainingDataOptions) {
    const { seed, folds = 5, fold = 0, extra } = options;
    const split = splitFolds(source.slides, { folds, seed });
    if (!split[fold]) {
      throw new RangeError(
        `Cannot choose a fold as there are ${folds}, from 0: received ${fold}`,
      );
    }
    if (extra && describe(extra) !== describe(source)) {
      throw new RangeError(
        `Cannot join samples as all must be of one size and scale: received ${
          describe(extra)
        } beside ${describe(source)}`,
      );
    }
    const twice = extra?.slides.find((slide) => source.slides.includes(slide));
    if (twice !== undefined) {
      // Its pixels would be in training and validation at once.
      throw new RangeError(
        `Cannot join samples as their slides must be others: received "${twice}" in both`,
      );
    }
    this.#seed = seed;
    this.size = source.size;
    this.downsample = source.downsample;
    this.mpp = source.mpp;
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
        [this.train, "to train on", this.trainSlides],
        [this.validation, "to validate on", this.validationSlides],
      ] as const
    ) {
      if (samples.length === 0) {
        throw new RangeError(
          `Cannot use fold ${fold} of ${folds} as it needs tiles ${side}: received slides without tissue, ${
            slides.join(", ")
          }`,
        );
      }
    }
  }

  /** The order of an epoch: places in {@linkcode TrainingData.train}. */
  order(epoch: number): Uint32Array {
    const places = Uint32Array.from(this.train.keys());
    return new Random(this.#seed, 0x6f726472, epoch).shuffle(places);
  }

  /** Batches in an epoch. */
  batchesPerEpoch(batch: number): number {
    checkBatch(batch);
    return Math.max(1, Math.floor(this.train.length / batch));
  }

  /**
   * Reads an epoch's training batches in order, some samples ahead.
   *
   * @throws {RangeError} If an option is out of range.
   */
  batches(
    options: BatchesOptions,
  ): AsyncGenerator<SampleBatch, void, undefined> {
    const { epoch, batch, from = 0 } = options;
    const count = this.batchesPerEpoch(batch);
    if (!Number.isInteger(from) || from < 0 || from > count) {
      throw new RangeError(
        `Cannot read batches as an epoch has ${count}: received ${from} as the first`,
      );
    }
    const order = this.order(epoch);
    const places = Array.from(
      { length: (count - from) * batch },
      (_, i) => order[(from * batch + i) % order.length],
    );
    return this.#read(this.train, places, { ...options, from });
  }

  /**
   * Reads all validation samples in order, some ahead; the last batch may be smaller.
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

  /** Reads one sample of either side. */
  read(
    sample: Sample,
    options: { readonly expansion?: number; readonly signal?: AbortSignal } =
      {},
  ): Promise<SampleTile> {
    const source = this.#sources.get(sample);
    if (!source) {
      throw new RangeError(
        `Cannot read a sample as it must be of this data: received another's of "${sample.slide}"`,
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

/** The size and the scale of a source's samples. */
function describe({ size, downsample, mpp }: SampleSource): string {
  const scale = mpp === undefined ? `1:${downsample}` : `${mpp} µm a pixel`;
  return `${size} px at ${scale}`;
}

function checkBatch(batch: number): void {
  if (Number.isInteger(batch) && batch >= 1) return;
  throw new RangeError(
    `Cannot read batches as a batch holds 1 sample or more: received ${batch}`,
  );
}
