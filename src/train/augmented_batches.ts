import type { Augmenter } from "./augment/augmenter.ts";
import { drawAugmentation, drawCutout } from "./augment/draw_augmentation.ts";
import type { TrainingData } from "./data/training_data.ts";
import { Random } from "./random.ts";
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

/** How {@linkcode augmentedBatches} fills batches. */
export interface AugmentedBatchesOptions {
  /** Tiles in a batch, as the step takes them. */
  readonly batch: number;
  /** Any integer; it decides the augmentations. */
  readonly seed: number;
  /** Whether tiles are augmented and cut out of. Default: true. */
  readonly augment?: boolean;
}

/** Sets augmentations apart from what else follows from the seed; and cutouts. */
const AUGMENT = 0x6175676d, CUTOUT = 0x637574;

/**
 * Training data as `train()` takes it: read ahead, augmented on the GPU, each tile by what the seed, the epoch and its
 * place in the epoch draw.
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
