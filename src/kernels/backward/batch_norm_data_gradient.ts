import type { BatchMomentsParams } from "../norm/batch_moments.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { planeThreads } from "../plane_threads.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode batchNormDataGradient} needs to know of its operands. */
export interface BatchNormDataGradientParams extends BatchMomentsParams {
  /** Whether a ReLU followed, as part of the batch norm. */
  readonly relu: boolean;
  /** Whether the input is what a ReLU let through, and the gradient wanted is that before the ReLU. */
  readonly inputRelu: boolean;
  /** Whether a tensor of the input's shape is added: a gradient that came another way. */
  readonly residual: boolean;
}

/** Gradient of a batch norm by its input; shader `backward/batch_norm_data_gradient.wgsl`. */
export const batchNormDataGradient: Kernel<BatchNormDataGradientParams> =
  defineKernel({
    name: "batch_norm_data_gradient",
    source: shaders.batchNormDataGradient,
    constants: (params: BatchNormDataGradientParams) => ({
      planes: params.batch * params.blocks,
      blocks: params.blocks,
      pixels: params.pixels,
      relu: params.relu,
      input_relu: params.inputRelu,
      has_residual: params.residual,
      ...planeThreads,
    }),
    workgroups({ batch, blocks, pixels }) {
      const { rows, span } = planeThreads;
      return [
        Math.ceil(pixels / span),
        Math.ceil(batch * blocks / rows),
        1,
      ];
    },
  });
