import type { BatchMomentsParams } from "../norm/batch_moments.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode batchNormParameters} needs to know of its operands. */
export interface BatchNormParametersParams extends BatchMomentsParams {
  /** Whether the gradients are added to what is there. */
  readonly accumulate: boolean;
}

/**
 * Gradients of a batch norm's weight and bias, and what the gradient by its input needs of them; shader
 * `backward/batch_norm_parameters.wgsl`.
 */
export const batchNormParameters: Kernel<BatchNormParametersParams> =
  defineKernel({
    name: "batch_norm_parameters",
    source: shaders.batchNormParameters,
    constants: (
      { batch, blocks, pixels, accumulate }: BatchNormParametersParams,
    ) => ({ batch, blocks, pixels, accumulate }),
    workgroups: ({ blocks }) => [Math.ceil(blocks / 64), 1, 1],
  });
