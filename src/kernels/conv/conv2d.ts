import { defineKernel, type Kernel, type KernelDefinition } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { Constants } from "../wgsl/specialize.ts";

/** What {@linkcode conv2d} needs to know of its operands. Lengths are in pixels. */
export interface Conv2dParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of each input; several inputs count as concatenated. All but the last must be multiples of four. */
  readonly inputChannels: readonly number[];
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
  /** Whether there is a bias. */
  readonly bias: boolean;
  /** Whether a tensor of the output's shape is added. */
  readonly residual: boolean;
  /** Whether negative results become zero. */
  readonly relu: boolean;
  /** Whether a scale and shift per channel follow. */
  readonly affine: boolean;
  /** Whether the output is stored shuffled by 2; its channels, and the tiling's outputs, must fill blocks of sixteen. Default: no. */
  readonly shuffle?: boolean;
  /** How the work is cut; see {@linkcode chooseTiling}. */
  readonly tiling: Conv2dTiling;
}

/** How a convolution is cut into threads. */
export interface Conv2dTiling {
  /** Neighboring pixels along a workgroup. */
  readonly lanes: number;
  /** Blocks of outputs along a workgroup. */
  readonly rows: number;
  /** Pixels a thread. */
  readonly pixels: number;
  /** Blocks of four output channels a thread. */
  readonly outputs: number;
  /** Whether the lanes are a subgroup, whose threads load the weights that they share once. */
  readonly broadcast: boolean;
  /** Whether the shape is part of the source: at best a tenth faster, but a pipeline to compile for each shape. */
  readonly literal: boolean;
}

/** Blocks of four that hold so many channels. */
export function blocksOf(channels: number): number {
  return Math.ceil(channels / 4);
}

/** Blocks of four that hold several tensors' channels, each in blocks of its own. */
export function sumOfBlocks(channels: readonly number[]): number {
  return channels.reduce((sum, count) => sum + blocksOf(count), 0);
}

/** A sensible cut for a shape, without measuring. `subgroupSize` is 0 where subgroups cannot be used. */
export function chooseTiling(
  { inputChannels: [inputs], outputChannels, groups, kernel, outputSize }: Omit<
    Conv2dParams,
    "tiling"
  >,
  { subgroupSize }: { readonly subgroupSize: number },
): Conv2dTiling {
  const lanes = 8;
  const broadcast = subgroupSize === lanes;
  const groupOutputs = blocksOf(outputChannels / groups);
  const groupInputs = inputs / groups;
  // Software adapters rather spill accumulators than load twice, as long as inputs are many; GPUs lose threads for it.
  const most = broadcast && groupInputs > 4 ? 8 : 4;
  const outputs = [most, 4, 2, 1].find((n) => groupOutputs % n === 0)!;
  const count = outputSize[0] * outputSize[1];
  const pixels = count <= lanes * 2
    ? 2
    : outputs < 4 && count >= lanes * 8
    ? 8
    : 4;
  return {
    lanes,
    rows: Math.min(32 / outputs, 8, groupOutputs * groups / outputs),
    pixels,
    outputs,
    broadcast,
    // With few inputs a group, address arithmetic counts; other layers share pipelines instead.
    literal: kernel[0] > 1 && groupInputs <= (groups > 1 ? 64 : 4),
  };
}

/** What follows a convolution's sums. */
export interface Epilogue {
  /** Whether a bias is added. Default: no. */
  readonly bias?: boolean;
  /** Whether a tensor of the output's shape is added. */
  readonly residual: boolean;
  /** Whether negative results become zero. Default: no. */
  readonly relu?: boolean;
  /** Whether a scale and shift per channel follow. Default: no. */
  readonly affine?: boolean;
  /** Whether results become zero where a tensor of the output's shape is not positive. Default: no. */
  readonly mask?: boolean;
}

/** Conditions of shaders that import `conv/epilogue.wgsl`. */
export function epilogueConstants(
  { bias = false, residual, affine = false, relu = false, mask = false }:
    Epilogue,
): Constants {
  return {
    has_bias: bias,
    has_residual: residual,
    has_affine: affine,
    has_mask: mask,
    relu,
  };
}

/** What kernels that cut a convolution into pixels and blocks of outputs have in common. */
export const conv2dGrid: Required<
  Pick<KernelDefinition<Conv2dParams>, "shape" | "workgroups">
> = {
  shape(params) {
    const { inputChannels, outputChannels, groups } = params;
    return {
      input_blocks: sumOfBlocks(inputChannels) / groups,
      output_blocks: blocksOf(outputChannels),
      group_outputs: blocksOf(outputChannels / groups),
      input_height: params.inputSize[0],
      input_width: params.inputSize[1],
      output_height: params.outputSize[0],
      output_width: params.outputSize[1],
      kernel_height: params.kernel[0],
      kernel_width: params.kernel[1],
      stride: params.stride,
      padding: params.padding,
      dilation: params.dilation,
      blocks: inputChannels.map((count) => blocksOf(count) / groups),
    };
  },
  workgroups(params) {
    const { lanes, rows, pixels, outputs } = params.tiling;
    const [height, width] = params.outputSize;
    return [
      Math.ceil(height * width / (lanes * pixels)),
      Math.ceil(blocksOf(params.outputChannels) / (rows * outputs)),
      params.batch,
    ];
  },
};

/** Two-dimensional convolution with bias, residual, ReLU and affine epilogue; shader `conv/conv2d.wgsl`. */
export const conv2d: Kernel<Conv2dParams> = defineKernel({
  name: "conv2d",
  source: shaders.conv2d,
  constants(params: Conv2dParams) {
    const { lanes, rows, pixels, outputs, broadcast } = params.tiling;
    const spread = broadcast ? lanes : 1;
    return {
      inputs: params.inputChannels.length,
      lanes,
      rows,
      pixels,
      outputs,
      spread,
      weights: Math.ceil(outputs * 4 / spread),
      depth: Math.min(4, Math.max(...params.inputChannels)),
      broadcast,
      padded: params.padding > 0,
      shuffle: params.shuffle ?? false,
      ...epilogueConstants(params),
    };
  },
  literalShape: ({ tiling }) => tiling.literal,
  ...conv2dGrid,
});

/** What {@linkcode conv2dPointwise} needs to know of its operands. */
export interface Conv2dPointwiseParams extends Conv2dParams {
  /** Whether the weight is that of the convolution from output to the one input: for its gradient. Default: no. */
  readonly transposed?: boolean;
  /** Whether results become zero where a tensor of the output's shape is not positive. Default: no. */
  readonly mask?: boolean;
}

/**
 * 1×1 convolution, without stride, of planes with an even number of pixels, which are loaded in pairs; shader
 * `conv/conv2d_pointwise.wgsl`. The tiling's pixels must be even.
 */
export const conv2dPointwise: Kernel<Conv2dPointwiseParams> = defineKernel({
  name: "conv2d_pointwise",
  source: shaders.conv2dPointwise,
  constants({ tiling, ...params }: Conv2dPointwiseParams) {
    const { lanes, rows, pixels, outputs, broadcast } = tiling;
    const spread = broadcast ? lanes : 1;
    return {
      inputs: params.inputChannels.length,
      lanes,
      rows,
      pixels,
      outputs,
      spread,
      weights: Math.ceil(outputs * 2 / spread),
      broadcast,
      transposed: params.transposed ?? false,
      ...epilogueConstants(params),
    };
  },
  shape(params) {
    const [height, width] = params.outputSize;
    return { ...conv2dGrid.shape(params), pairs: height * width / 2 };
  },
  workgroups: conv2dGrid.workgroups,
});

/**
 * Two-dimensional convolution as a matrix product through workgroup memory, for GPUs; shader `conv/conv2d_shared.wgsl`. The
 * tiling's `lanes * pixels` must divide its `lanes * rows`, and a group of outputs must be whole workgroups.
 */
export const conv2dShared: Kernel<Conv2dParams> = defineKernel({
  name: "conv2d_shared",
  source: shaders.conv2dShared,
  constants({ tiling, ...params }: Conv2dParams) {
    const { lanes, rows, pixels, outputs } = tiling;
    return {
      inputs: params.inputChannels.length,
      lanes,
      rows,
      pixels,
      outputs,
      ...epilogueConstants(params),
    };
  },
  ...conv2dGrid,
});
