import { blocksOf } from "./conv/conv2d.ts";
import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode activation}. */
export interface ActivationParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels per plane. */
  readonly pixels: number;
  /** Which function. */
  readonly function: "relu" | "sigmoid";
}

/** ReLU or sigmoid; shader `elementwise/activation.wgsl`. */
export const activation: Kernel<ActivationParams> = defineKernel({
  name: "activation",
  source: shaders.activation,
  constants: ({ pixels, function: name }: ActivationParams) => ({
    pixels,
    relu: name === "relu",
    sigmoid: name === "sigmoid",
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});

/** Parameters of {@linkcode leakyRelu}. */
export interface LeakyReluParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels per plane. */
  readonly pixels: number;
  /** The factor for negative values. */
  readonly slope: number;
  /** Whether `gradient` is multiplied, and `input` is the result of the forward pass. */
  readonly backward: boolean;
}

/** Leaky ReLU, or the gradient with respect to its input; shader `elementwise/leaky_relu.wgsl`. */
export const leakyRelu: Kernel<LeakyReluParams> = defineKernel({
  name: "leaky_relu",
  source: shaders.leakyRelu,
  constants: ({ pixels, slope, backward }: LeakyReluParams) => ({
    pixels,
    slope,
    backward,
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});

/** Parameters of {@linkcode add}. */
export interface AddParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels per plane. */
  readonly pixels: number;
  /** Whether negative sums become zero. */
  readonly relu: boolean;
}

/** Sum of two tensors of equal shape; shader `elementwise/add.wgsl`. */
export const add: Kernel<AddParams> = defineKernel({
  name: "add",
  source: shaders.add,
  constants: ({ pixels, relu }: AddParams) => ({ pixels, relu }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});

/** Parameters of {@linkcode concat}. */
export interface ConcatParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of each input. */
  readonly inputChannels: readonly number[];
  /** Pixels per plane. */
  readonly pixels: number;
}

/** Concatenates tensors along the channels, for layers that cannot read the parts themselves; shader `elementwise/concat.wgsl`. */
export const concat: Kernel<ConcatParams> = defineKernel({
  name: "concat",
  source: shaders.concat,
  constants: ({ inputChannels, pixels }: ConcatParams) => ({
    pixels,
    whole: inputChannels.every((channels) => channels % 4 === 0),
    output_blocks: blocksOf(inputChannels.reduce((a, b) => a + b, 0)),
    inputs: inputChannels.length,
  }),
  shape({ inputChannels }) {
    let start = 0;
    return {
      channels: inputChannels,
      start: inputChannels.map((channels) => (start += channels) - channels),
    };
  },
  literalShape: () => true,
  workgroups: ({ batch, inputChannels, pixels }) => [
    Math.ceil(pixels / 256),
    blocksOf(inputChannels.reduce((a, b) => a + b, 0)),
    batch,
  ],
});
