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

/** The geometry of a convolution for the kernels of its gradients. Lengths are in pixels. */
export interface Conv2dGeometry {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of the input. */
  readonly inputChannels: number;
  /** Channels of the output. */
  readonly outputChannels: number;
  /** Groups of channels. If more than one, the input and output channels of each must be multiples of four. */
  readonly groups: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** Height and width of the output. */
  readonly outputSize: readonly [number, number];
  /** Height and width of the kernel. */
  readonly kernel: readonly [number, number];
  /** Step between outputs, on both axes. */
  readonly stride: number;
  /** Zeros added on each side of the input. */
  readonly padding: number;
  /** Step between the kernel's taps, on both axes. */
  readonly dilation: number;
}

/** Parameters of {@linkcode conv2dDataGradient}. */
export interface Conv2dDataGradientParams extends Conv2dGeometry {
  /** Whether a tensor of the input's shape is added: the gradient from another path. */
  readonly residual: boolean;
  /** Whether results become zero where a tensor of the input's shape, the output of a ReLU, is not positive. */
  readonly mask: boolean;
  /** How the work is tiled; see {@linkcode chooseDataGradientTiling}. */
  readonly tiling: Conv2dTiling;
}

/** Chooses a tiling by heuristics, without measuring. `subgroupSize` is 0 if subgroups are unavailable. */
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

/** The convolution from output to input, which is the gradient with respect to the input if the stride is 1. */
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

/** Gradient of a convolution with respect to its input; shader `backward/conv2d_data_gradient.wgsl`. */
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
        // With one tap and no padding, all pixels it reads are inside the output.
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

/** Swaps the inputs and outputs of a packed weight of one group, and rotates its taps by 180°; shader `backward/transpose_weight.wgsl`. */
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

/** Parameters of {@linkcode subsample}. */
export interface SubsampleParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Height and width before. */
  readonly fullSize: readonly [number, number];
  /** Height and width after. */
  readonly size: readonly [number, number];
  /** Step between the pixels to keep, on both axes. */
  readonly stride: number;
}

/** Parameters of {@linkcode insertZeros}. */
export interface InsertZerosParams extends SubsampleParams {
  /** Whether a tensor of the full size is added. */
  readonly residual: boolean;
  /** Whether results become zero where a tensor of the full size is not positive. */
  readonly mask: boolean;
}

/** Takes every `stride`th pixel on both axes; shader `backward/subsample.wgsl`. */
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

/** Gradient of {@linkcode subsample}, which inserts zeros between the pixels; shader `backward/insert_zeros.wgsl`. */
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
