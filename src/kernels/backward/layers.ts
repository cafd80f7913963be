import { blocksOf } from "../conv/conv2d.ts";
import type { ActivationParams } from "../elementwise.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import type { WeightShape } from "../pack.ts";
import {
  type GlobalMaxPoolParams,
  type MaxPool2dParams,
  windowGrid,
} from "../pool.ts";
import type { PixelShuffleParams, ResizeBilinearParams } from "../resize.ts";
import { shaders } from "../shaders.ts";

/** Gradient of {@linkcode activation}'s input from the output and its gradient; shader `backward/activation_backward.wgsl`. */
export const activationBackward: Kernel<ActivationParams> = defineKernel({
  name: "activation_backward",
  source: shaders.activationBackward,
  constants: ({ pixels, function: name }: ActivationParams) => ({
    pixels,
    relu: name === "relu",
    sigmoid: name === "sigmoid",
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});

/** Gradient of {@linkcode globalMaxPool}'s input; shader `backward/global_max_pool_backward.wgsl`. */
export const globalMaxPoolBackward: Kernel<GlobalMaxPoolParams> = defineKernel({
  name: "global_max_pool_backward",
  source: shaders.globalMaxPoolBackward,
  constants: ({ pixels }: GlobalMaxPoolParams) => ({ pixels }),
  workgroups: ({ planes }) => [1, planes, 1],
});

/** Index of each window's maximum in a max-pool; shader `backward/max_pool2d_winners.wgsl`. */
export const maxPool2dWinners: Kernel<MaxPool2dParams> = defineKernel({
  name: "max_pool2d_winners",
  source: shaders.maxPool2dWinners,
  ...windowGrid,
});

/** Gradient of a max-pool's input; shader `backward/max_pool2d_backward.wgsl`. */
export const maxPool2dBackward: Kernel<MaxPool2dParams> = defineKernel({
  name: "max_pool2d_backward",
  source: shaders.maxPool2dBackward,
  constants: windowGrid.constants,
  workgroups: ({ inputSize: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});

/** Gradient of {@linkcode pixelShuffle}'s input; shader `backward/pixel_shuffle_backward.wgsl`. */
export const pixelShuffleBackward: Kernel<PixelShuffleParams> = defineKernel({
  name: "pixel_shuffle_backward",
  source: shaders.pixelShuffleBackward,
  constants: ({ inputChannels, inputSize, factor }: PixelShuffleParams) => ({
    input_channels: inputChannels,
    output_channels: inputChannels / (factor * factor),
    input_height: inputSize[0],
    input_width: inputSize[1],
    factor,
  }),
  workgroups: ({ batch, inputChannels, inputSize: [height, width] }) => [
    Math.ceil(height * width / 256),
    blocksOf(inputChannels),
    batch,
  ],
});

/** Gradient of {@linkcode resizeBilinear}'s input; shader `backward/resize_bilinear_backward.wgsl`. */
export const resizeBilinearBackward: Kernel<ResizeBilinearParams> =
  defineKernel({
    name: "resize_bilinear_backward",
    source: shaders.resizeBilinearBackward,
    constants: ({ inputSize, outputSize }: ResizeBilinearParams) => ({
      input_height: inputSize[0],
      input_width: inputSize[1],
      output_height: outputSize[0],
      output_width: outputSize[1],
    }),
    workgroups: ({ inputSize: [height, width], planes }) => [
      Math.ceil(height * width / 64),
      planes,
      1,
    ],
  });

/** Parameters of {@linkcode maskGroups}. */
export interface MaskGroupsParams {
  /** Sizes of the stored weight. */
  readonly shape: WeightShape;
  /** Groups of channels that are convolved separately. */
  readonly groups: number;
}

/** Sets a dense weight gradient to zero between groups; shader `backward/mask_groups.wgsl`. */
export const maskGroups: Kernel<MaskGroupsParams> = defineKernel({
  name: "mask_groups",
  source: shaders.maskGroups,
  constants: ({ shape, groups }: MaskGroupsParams) => ({
    vectors: vectorsOf(shape),
    block_vectors: vectorsOf(shape) / blocksOf(shape.outputs),
    input_blocks: blocksOf(shape.inputs),
    group_outputs: shape.outputs / groups,
    group_inputs: shape.inputs / groups,
  }),
  workgroups: ({ shape }) => [Math.ceil(vectorsOf(shape) / 64), 1, 1],
});

function vectorsOf(
  { outputs, inputs, kernel: [height, width] }: WeightShape,
): number {
  return blocksOf(outputs) * blocksOf(inputs) * height * width * 4;
}

/** Parameters of {@linkcode sliceChannels}. */
export interface SliceChannelsParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of the input. */
  readonly inputChannels: number;
  /** Index of the first channel to take. */
  readonly start: number;
  /** Number of channels to take. */
  readonly channels: number;
  /** Pixels per plane. */
  readonly pixels: number;
}

/** Takes a range of a tensor's channels, for a concat's backward pass; shader `backward/slice_channels.wgsl`. */
export const sliceChannels: Kernel<SliceChannelsParams> = defineKernel({
  name: "slice_channels",
  source: shaders.sliceChannels,
  constants: (
    { inputChannels, start, channels, pixels }: SliceChannelsParams,
  ) => ({
    pixels,
    input_blocks: blocksOf(inputChannels),
    start,
    channels,
    whole: start % 4 === 0 && channels % 4 === 0,
  }),
  workgroups: ({ batch, channels, pixels }) => [
    Math.ceil(pixels / 256),
    blocksOf(channels),
    batch,
  ],
});
