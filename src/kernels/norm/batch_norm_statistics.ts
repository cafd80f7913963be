import type { BatchMomentsParams } from "./batch_moments.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

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
