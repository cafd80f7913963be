import {
  blocksOf,
  chooseTiling,
  type Conv2dParams,
  type Conv2dTiling,
  epilogueConstants,
} from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import type { WeightShape } from "../pack.ts";
import { shaders } from "../shaders.ts";

/** A convolution as the kernels of its gradients see it. Lengths are in pixels. */
export interface Conv2dGeometry {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of the input. */
  readonly inputChannels: number;
  /** Channels of the output. */
  readonly outputChannels: number;
  /** Groups of channels; where there are several, each must hold a multiple of four channels on both sides. */
  readonly groups: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** Height and width of the kernel. */
  readonly kernel: readonly [number, number];
  /** Step between outputs, each way. */
  readonly stride: number;
  /** Zeros around the input, each way. */
  readonly padding: number;
  /** Step between the kernel's taps, each way. */
  readonly dilation: number;
}

/** What {@linkcode conv2dDataGradient} needs to know of its operands. */
export interface Conv2dDataGradientParams extends Conv2dGeometry {
  /** Whether a tensor of the input's shape is added: a gradient that came another way. */
  readonly residual: boolean;
  /** Whether results become zero where a tensor of the input's shape is not positive: what a ReLU let through. */
  readonly mask: boolean;
  /** How the work is cut; see {@linkcode chooseDataGradientTiling}. */
  readonly tiling: Conv2dTiling;
}

/** A sensible cut for a shape, without measuring. `subgroupSize` is 0 where subgroups cannot be used. */
export function chooseDataGradientTiling(
  geometry: Conv2dGeometry,
  options: { readonly subgroupSize: number },
): Conv2dTiling {
  const [height, width] = phaseSize(geometry);
  return chooseTiling({
    ...transposedProblem(geometry),
    outputSize: [geometry.batch * height, width],
  }, options);
}

/** A convolution from output to input: what the gradient by the input is where there is no stride. */
export function transposedProblem(
  geometry: Conv2dGeometry,
): Omit<Conv2dParams, "tiling"> {
  return {
    ...geometry,
    inputChannels: [geometry.outputChannels],
    outputChannels: geometry.inputChannels,
    inputSize: geometry.outputSize,
    outputSize: geometry.inputSize,
    bias: false,
    residual: false,
    relu: false,
    affine: false,
  };
}

/** Gradient of a convolution by its input; shader `backward/conv2d_data_gradient.wgsl`. */
export const conv2dDataGradient: Kernel<Conv2dDataGradientParams> =
  defineKernel({
    name: "conv2d_data_gradient",
    source: shaders.conv2dDataGradient,
    constants(params: Conv2dDataGradientParams) {
      const { lanes, rows, pixels, outputs, broadcast } = params.tiling;
      const spread = broadcast ? lanes : 1;
      return {
        stride: params.stride,
        lanes,
        rows,
        pixels,
        results: outputs,
        spread,
        weights: Math.ceil(outputs * 4 / spread),
        broadcast,
        // With one tap and no padding all pixels that meet it have a place in the output.
        padded: params.padding > 0 || params.kernel.some((size) => size > 1),
        ...epilogueConstants(params),
      };
    },
    shape(params) {
      const [phaseHeight, phaseWidth] = phaseSize(params);
      return {
        batch: params.batch,
        input_blocks: blocksOf(params.inputChannels),
        group_inputs: blocksOf(params.inputChannels / params.groups),
        group_outputs: blocksOf(params.outputChannels / params.groups),
        input_height: params.inputSize[0],
        input_width: params.inputSize[1],
        output_height: params.outputSize[0],
        output_width: params.outputSize[1],
        phase_height: phaseHeight,
        phase_width: phaseWidth,
        kernel_height: params.kernel[0],
        kernel_width: params.kernel[1],
        padding: params.padding,
        dilation: params.dilation,
      };
    },
    literalShape: ({ tiling }) => tiling.literal,
    workgroups(params) {
      const { lanes, rows, pixels, outputs } = params.tiling;
      const [height, width] = phaseSize(params);
      return [
        Math.ceil(params.batch * height * width / (lanes * pixels)),
        Math.ceil(blocksOf(params.inputChannels) / (rows * outputs)),
        params.stride ** 2,
      ];
    },
  });

function phaseSize(
  { inputSize: [height, width], stride }: Conv2dGeometry,
): [number, number] {
  return [Math.ceil(height / stride), Math.ceil(width / stride)];
}

/** A packed weight of one group with inputs and outputs exchanged and its taps turned; shader `backward/transpose_weight.wgsl`. */
export const transposeWeight: Kernel<WeightShape> = defineKernel({
  name: "transpose_weight",
  source: shaders.transposeWeight,
  constants: ({ inputs, outputs, kernel }: WeightShape) => ({
    input_blocks: blocksOf(inputs),
    output_blocks: blocksOf(outputs),
    taps: kernel[0] * kernel[1],
  }),
  workgroups: ({ inputs, outputs, kernel }) => [
    Math.ceil(blocksOf(inputs) * kernel[0] * kernel[1] / 64),
    blocksOf(outputs),
    1,
  ],
});

/** What {@linkcode subsample} needs to know of its operands. */
export interface SubsampleParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Height and width before. */
  readonly fullSize: readonly [number, number];
  /** Height and width after. */
  readonly size: readonly [number, number];
  /** Step between the pixels that stay, each way. */
  readonly stride: number;
}

/** What {@linkcode insertZeros} needs to know of its operands. */
export interface InsertZerosParams extends SubsampleParams {
  /** Whether a tensor of the full size is added. */
  readonly residual: boolean;
  /** Whether results become zero where a tensor of the full size is not positive. */
  readonly mask: boolean;
}

/** Every `stride`th pixel each way; shader `backward/subsample.wgsl`. */
export const subsample: Kernel<SubsampleParams> = defineKernel({
  name: "subsample",
  source: shaders.subsample,
  constants,
  workgroups: ({ size: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});

/** Gradient of {@linkcode subsample}: zeros between the pixels; shader `backward/insert_zeros.wgsl`. */
export const insertZeros: Kernel<InsertZerosParams> = defineKernel({
  name: "insert_zeros",
  source: shaders.insertZeros,
  constants: (params: InsertZerosParams) => ({
    ...constants(params),
    has_residual: params.residual,
    has_mask: params.mask,
  }),
  workgroups: ({ fullSize: [height, width], planes }) => [
    Math.ceil(height * width / 256),
    planes,
    1,
  ],
});

function constants(
  { fullSize, size, stride }: SubsampleParams,
): Record<string, number> {
  const [full_height, full_width] = fullSize;
  const [height, width] = size;
  return { stride, full_height, full_width, height, width };
}
