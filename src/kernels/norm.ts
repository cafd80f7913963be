import { cannot } from "../errors/cannot.ts";
import { defineKernel, type Kernel, planeThreads } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode batchNorm}. */
export interface BatchNormParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Blocks of four channels. */
  readonly blocks: number;
  /** Pixels per plane. */
  readonly pixels: number;
  /** Whether negative results become zero. */
  readonly relu: boolean;
  /** Whether a tensor of the input's shape is added before the ReLU. Default: false. */
  readonly residual?: boolean;
}

/** Batch norm with running statistics, as a scale and a shift per channel; shader `norm/batch_norm.wgsl`. */
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

/** Parameters of {@linkcode batchMoments}. */
export interface BatchMomentsParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Blocks of four channels. */
  readonly blocks: number;
  /** Pixels per plane. */
  readonly pixels: number;
}

const PLANES = 8; // per workgroup

/** Mean and sum of squared deviations of each channel and image, for batch statistics; shader `norm/batch_moments.wgsl`. */
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

/** Parameters of {@linkcode batchNormStatistics}. */
export interface BatchNormStatisticsParams extends BatchMomentsParams {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Weight of the batch in the running statistics. Default: these are not bound and stay unchanged. */
  readonly momentum?: number;
}

/**
 * Computes the statistics of a batch and the scale and shift that follow from them, and updates the running statistics;
 * shader `norm/batch_norm_statistics.wgsl`. The kernel `batch_norm` applies scale and shift.
 */
export const batchNormStatistics: Kernel<BatchNormStatisticsParams> =
  defineKernel({
    name: "batch_norm_statistics",
    source: shaders.batchNormStatistics,
    constants(params: BatchNormStatisticsParams) {
      const { batch, blocks, pixels, epsilon, momentum } = params;
      if (batch * pixels < 2) {
        throw cannot(
          "normalize by batch statistics",
          "a channel must hold more than one value; use more or larger images",
          { kind: RangeError },
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

/** Parameters of {@linkcode dropout2d}. */
export interface Dropout2dParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels per plane. */
  readonly pixels: number;
  /** Index of the layer among the network's dropouts, which makes them independent. */
  readonly layer: number;
  /** Probability that a channel is dropped, less than 1. */
  readonly probability: number;
}

/** Drops random channels and scales the others, forward or backward; shader `norm/dropout2d.wgsl`. */
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

/** Parameters of {@linkcode weightNorm}. */
export interface WeightNormParams {
  /** Blocks of four output channels. */
  readonly blocks: number;
  /** Vectors of packed weight per block. */
  readonly vectors: number;
}

/** Computes a weight from its direction and length (Salimans, Kingma 2016, arXiv 1602.07868); shader `norm/weight_norm.wgsl`. */
export const weightNorm: Kernel<WeightNormParams> = defineKernel({
  name: "weight_norm",
  source: shaders.weightNorm,
  constants: () => ({}),
  shape: ({ vectors }: WeightNormParams) => ({ vectors }),
  workgroups: ({ blocks }) => [blocks, 1, 1],
});
