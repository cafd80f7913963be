import { defineKernel, type Kernel, planeThreads } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** What {@linkcode batchNorm} needs to know of its operands. */
export interface BatchNormParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Blocks of four channels. */
  readonly blocks: number;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** Whether negative results become zero. */
  readonly relu: boolean;
  /** Whether a tensor of the input's shape is added before. Default: no. */
  readonly residual?: boolean;
}

/** Batch norm with running statistics, as one scale and shift a channel; shader `norm/batch_norm.wgsl`. */
export const batchNorm: Kernel<BatchNormParams> = defineKernel({
  name: "batch_norm",
  source: shaders.batchNorm,
  constants: (
    { batch, blocks, pixels, relu, residual = false }: BatchNormParams,
  ) => ({
    planes: batch * blocks,
    blocks,
    pixels,
    relu,
    has_residual: residual,
    ...planeThreads,
  }),
  workgroups({ batch, blocks, pixels }) {
    const { rows, span } = planeThreads;
    return [Math.ceil(pixels / span), Math.ceil(batch * blocks / rows), 1];
  },
});

/** What {@linkcode batchMoments} needs to know of its operands. */
export interface BatchMomentsParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Blocks of four channels. */
  readonly blocks: number;
  /** Pixels of a plane. */
  readonly pixels: number;
}

const PLANES = 8; // a workgroup

/** Mean and squared deviations of each image's channels, for batch statistics; shader `norm/batch_moments.wgsl`. */
export const batchMoments: Kernel<BatchMomentsParams> = defineKernel({
  name: "batch_moments",
  source: shaders.batchMoments,
  constants: ({ batch, blocks, pixels }: BatchMomentsParams) => ({
    planes: batch * blocks,
    pixels,
  }),
  workgroups: ({ batch, blocks }) => [
    Math.ceil(batch * blocks / PLANES),
    1,
    1,
  ],
});

/** What {@linkcode batchNormStatistics} needs to know of its operands. */
export interface BatchNormStatisticsParams extends BatchMomentsParams {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Share of the batch in the running statistics. Default: they stay as they are, and are not bound. */
  readonly momentum?: number;
}

/**
 * Statistics of a batch, the scale and shift that they come to, and their part in the running ones; shader
 * `norm/batch_norm_statistics.wgsl`. The kernel `batch_norm` applies scale and shift.
 */
export const batchNormStatistics: Kernel<BatchNormStatisticsParams> =
  defineKernel({
    name: "batch_norm_statistics",
    source: shaders.batchNormStatistics,
    constants(params: BatchNormStatisticsParams) {
      const { batch, blocks, pixels, epsilon, momentum } = params;
      if (batch * pixels < 2) {
        throw new RangeError(
          "Cannot normalize by a batch's statistics as a channel must hold more than one value: received 1 image of 1 pixel",
        );
      }
      return {
        batch,
        blocks,
        pixels,
        epsilon,
        momentum: momentum ?? 0,
        running: momentum !== undefined,
      };
    },
    workgroups: ({ blocks }) => [Math.ceil(blocks / 64), 1, 1],
  });

/** What {@linkcode dropout2d} needs to know of its operands. */
export interface Dropout2dParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** Which of the network's dropouts, so that they drop independently. */
  readonly layer: number;
  /** Share of the channels that are dropped, below 1. */
  readonly probability: number;
}

/** Drops channels at random and scales the rest, forward and backward alike; shader `norm/dropout2d.wgsl`. */
export const dropout2d: Kernel<Dropout2dParams> = defineKernel({
  name: "dropout2d",
  source: shaders.dropout2d,
  constants: ({ pixels, layer, probability }: Dropout2dParams) => ({
    pixels,
    layer,
    threshold: Math.round(probability * 2 ** 32),
    keep: 1 / (1 - probability),
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});

/** What {@linkcode weightNorm} needs to know of its operands. */
export interface WeightNormParams {
  /** Blocks of four output channels. */
  readonly blocks: number;
  /** Vectors that a block's packed weight takes. */
  readonly vectors: number;
}

/** A weight from its direction and length (Salimans, Kingma 2016, arXiv 1602.07868); shader `norm/weight_norm.wgsl`. */
export const weightNorm: Kernel<WeightNormParams> = defineKernel({
  name: "weight_norm",
  source: shaders.weightNorm,
  constants: () => ({}),
  shape: ({ vectors }: WeightNormParams) => ({ vectors }),
  workgroups: ({ blocks }) => [blocks, 1, 1],
});
