import { defineKernel, type Kernel, planeThreads } from "../kernel.ts";
import type { BatchMomentsParams, WeightNormParams } from "../norm.ts";
import { shaders } from "../shaders.ts";

const PLANES = 8; // per workgroup

/** Parameters of {@linkcode batchNormSums}. */
export interface BatchNormSumsParams extends BatchMomentsParams {
  /** Whether a ReLU followed, as part of the batch norm. */
  readonly relu: boolean;
}

/** Sums of a batch norm's backward pass, per image; shader `backward/batch_norm_sums.wgsl`. */
export const batchNormSums: Kernel<BatchNormSumsParams> = defineKernel({
  name: "batch_norm_sums",
  source: shaders.batchNormSums,
  constants: ({ batch, blocks, pixels, relu }: BatchNormSumsParams) => ({
    planes: batch * blocks,
    blocks,
    pixels,
    relu,
  }),
  workgroups: ({ batch, blocks }) => [
    Math.ceil(batch * blocks / PLANES),
    1,
    1,
  ],
});

/** Parameters of {@linkcode batchNormParameters}. */
export interface BatchNormParametersParams extends BatchMomentsParams {
  /** Whether to add to existing gradients. */
  readonly accumulate: boolean;
}

/**
 * Gradients of a batch norm's weight and bias, and coefficients for the gradient of its input; shader
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

/** Parameters of {@linkcode batchNormDataGradient}. */
export interface BatchNormDataGradientParams extends BatchMomentsParams {
  /** Whether a ReLU followed, as part of the batch norm. */
  readonly relu: boolean;
  /** Whether the input is the output of a ReLU, and the result is the gradient of the ReLU's input. */
  readonly inputRelu: boolean;
  /** Whether a tensor of the input's shape is added: the gradient from another path. */
  readonly residual: boolean;
}

/** Gradient of a batch norm with respect to its input; shader `backward/batch_norm_data_gradient.wgsl`. */
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

/** Parameters of {@linkcode channelSums}. */
export interface ChannelSumsParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels per plane. */
  readonly pixels: number;
}

/** Sums over the pixels of each plane: the gradient of a bias per image; shader `backward/channel_sums.wgsl`. */
export const channelSums: Kernel<ChannelSumsParams> = defineKernel({
  name: "channel_sums",
  source: shaders.channelSums,
  constants: ({ planes, pixels }: ChannelSumsParams) => ({
    planes,
    pixels,
  }),
  workgroups: ({ planes }) => [
    Math.ceil(planes / PLANES),
    1,
    1,
  ],
});

/** Parameters of {@linkcode sumPartials}. */
export interface SumPartialsParams {
  /** Terms of each sum. */
  readonly partials: number;
  /** Vectors of four floats per term. */
  readonly vectors: number;
  /** Whether to add the sums to the contents of `output`. */
  readonly accumulate: boolean;
}

const THREADS = 64;
const MOST = 32768; // workgroups along x; WebGPU allows 65535

/** Adds partial sums, always in the same order; shader `backward/sum_partials.wgsl`. */
export const sumPartials: Kernel<SumPartialsParams> = defineKernel({
  name: "sum_partials",
  source: shaders.sumPartials,
  constants: ({ partials, vectors, accumulate }: SumPartialsParams) => ({
    partials,
    vectors,
    accumulate,
  }),
  workgroups({ vectors }) {
    const groups = Math.ceil(vectors / THREADS);
    return [Math.min(groups, MOST), Math.ceil(groups / MOST), 1];
  },
});

/** Gradients of {@linkcode weightNorm}'s direction and length; shader `backward/weight_norm_backward.wgsl`. */
export const weightNormBackward: Kernel<WeightNormParams> = defineKernel({
  name: "weight_norm_backward",
  source: shaders.weightNormBackward,
  constants: () => ({}),
  shape: ({ vectors }: WeightNormParams) => ({ vectors }),
  workgroups: ({ blocks }) => [blocks, 1, 1],
});
