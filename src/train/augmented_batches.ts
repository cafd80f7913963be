import type { Augmenter } from "./augment/augmenter.ts";
import { drawAugmentation, drawCutout } from "./augment/draw_augmentation.ts";
import type { TrainingData } from "./data/training_data.ts";
import { Random } from "./random.ts";
import type { TrainingStep } from "./training_step.ts";

/**
 * Writes a batch into a step's `images` and `masks`. The writes are queued when it resolves.
 *
 * @category Batches
 */
export type FillBatch = (
  step: Pick<TrainingStep, "images" | "masks">,
) => void | Promise<void>;

/**
 * The batches that {@linkcode train} learns from.
 *
 * @category Batches
 */
export interface BatchSource {
  /** Batches per epoch, each of the step's batch size. */
  readonly batches: number;
  /**
   * The batches of an epoch. Order and augmentations depend only on the epoch's number. Reads ahead, so that the next
   * batches are prepared while the GPU works.
   */
  epoch(options: EpochOptions): AsyncIterable<FillBatch>;
}

/**
 * A part of an epoch.
 *
 * @category Batches
 */
export interface EpochOptions {
  /** The epoch, from 1. */
  readonly epoch: number;
  /** The first batch, from 0. */
  readonly from: number;
}

/**
 * Options for {@linkcode augmentedBatches}.
 *
 * @category Batches
 */
export interface AugmentedBatchesOptions {
  /** Batch size, the same as the step's. */
  readonly batch: number;
  /** Seed of the augmentations: any integer. */
  readonly seed: number;
  /** Whether tiles are augmented, with cutout. Default: true. */
  readonly augment?: boolean;
}

/** Keys that keep the random streams of augmentations and cutouts apart from the seed's others. */
const AUGMENT = 0x6175676d, CUTOUT = 0x637574;

/**
 * Training data for `train()`: read ahead and augmented on the GPU. A tile's augmentation depends only on the seed, the
 * epoch and the tile's index in the epoch.
 *
 * @example
 * ```ts
 * import { Gpu } from "@tilewise/tilewise/gpu";
 * import { hubmapNormalization } from "@tilewise/tilewise";
 * import { augmentedBatches, Augmenter, type SampleSource, TrainingData } from "@tilewise/tilewise/train";
 *
 * const source: SampleSource = {
 *   size: 32,
 *   slides: ["a", "b"],
 *   samples: ["a", "b"].map((slide, index) => ({ index, slide, x: 0, y: 0, positive: 3 })),
 *   warnings: [],
 *   read: (sample) =>
 *     Promise.resolve({ sample, side: 32, pixels: new Uint8Array(32 * 32 * 3), mask: new Uint8Array(32 * 32) }),
 * };
 * const data = new TrainingData(source, { seed: 1, folds: 2, fold: 0 });
 * using gpu = await Gpu.request();
 * using augmenter = await Augmenter.create(gpu, { side: 32, normalization: hubmapNormalization });
 * const batches = augmentedBatches(data, augmenter, { batch: 1, seed: 1 }); // `data` of train()
 * console.log(batches.batches); // 1
 * ```
 *
 * @category Batches
 */
export function augmentedBatches(
  data: TrainingData,
  augmenter: Augmenter,
  { batch, seed, augment = true }: AugmentedBatchesOptions,
): BatchSource {
  return {
    batches: data.batchesPerEpoch(batch),
    async *epoch({ epoch, from }) {
      for await (
        const { index, tiles } of data.batches({ epoch, batch, from })
      ) {
        yield ({ images, masks }) => {
          const changes = augment
            ? {
              augmentations: tiles.map((_, i) =>
                drawAugmentation(
                  new Random(seed, AUGMENT, epoch, index * batch + i),
                )
              ),
              cutout: drawCutout(
                new Random(seed, CUTOUT, epoch, index),
                data.size,
              ),
            }
            : {};
          augmenter.load(tiles, { images, masks, ...changes });
        };
      }
    },
  };
}
