import {
  defineKernel,
  type Kernel,
  type KernelDefinition,
  valueFormula,
} from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { Constants } from "../wgsl/specialize.ts";

/** Parameters of {@linkcode conv2d}. Lengths are in pixels. */
export interface Conv2dParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of each input. Several inputs are concatenated; all but the last must be multiples of four. */
  readonly inputChannels: readonly number[];
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
  /** Whether there is a bias. */
  readonly bias: boolean;
  /** Whether a tensor of the output's shape is added. */
  readonly residual: boolean;
  /** Whether negative results become zero. */
  readonly relu: boolean;
  /** WGSL of a `vec4f`: a formula of `value`, in the place of the ReLU. Default: none. */
  readonly formula?: string;
  /** Whether a scale and shift per channel follow. */
  readonly affine: boolean;
  /** Whether the output is pixel-shuffled by 2; the channels, and those per thread, must be multiples of sixteen. Default: false. */
  readonly shuffle?: boolean;
  /** How the work is tiled; see {@linkcode chooseTiling}. */
  readonly tiling: Conv2dTiling;
}

/** How a convolution is divided among threads. */
export interface Conv2dTiling {
  /** Threads per workgroup along the pixels. */
  readonly lanes: number;
  /** Threads per workgroup along the outputs. */
  readonly rows: number;
  /** Pixels per thread. */
  readonly pixels: number;
  /** Blocks of four output channels per thread. */
  readonly outputs: number;
  /** Whether the lanes are a subgroup, whose threads share the loads of weights. */
  readonly broadcast: boolean;
  /** Whether the shape is part of the source: up to 10% faster, but compiles a pipeline per shape. */
  readonly literal: boolean;
}

/** Number of blocks of four that hold `channels` channels. */
export function blocksOf(channels: number): number {
  return Math.ceil(channels / 4);
}

/** Number of blocks of four that hold the channels of several tensors, each in its own blocks. */
export function sumOfBlocks(channels: readonly number[]): number {
  return channels.reduce((sum, count) => sum + blocksOf(count), 0);
}

/** Chooses a tiling by heuristics, without measuring. `subgroupSize` is 0 if subgroups are unavailable. */
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
  // With many inputs, software adapters do better spilling accumulators than loading twice; on GPUs it costs occupancy.
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
    // With few inputs per group, address arithmetic matters; other layers share pipelines instead.
    literal: kernel[0] > 1 && groupInputs <= (groups > 1 ? 64 : 4),
  };
}

/** Operations on a convolution's sums. */
export interface Epilogue {
  /** Whether a bias is added. Default: false. */
  readonly bias?: boolean;
  /** Whether a tensor of the output's shape is added. */
  readonly residual: boolean;
  /** Whether negative results become zero. Default: false. */
  readonly relu?: boolean;
  /** WGSL of a `vec4f`: a formula of `value`, in the place of the ReLU. Default: none. */
  readonly formula?: string;
  /** Whether a scale and shift per channel follow. Default: false. */
  readonly affine?: boolean;
  /** Whether results become zero where a tensor of the output's shape is not positive. Default: false. */
  readonly mask?: boolean;
  /** Whether the sums are parts, stored in 32 bits. Default: false. */
  readonly parts?: boolean;
}

/** Conditions of shaders that import `conv/epilogue.wgsl`. */
export function epilogueConstants(
  {
    bias = false,
    residual,
    affine = false,
    relu = false,
    formula,
    mask = false,
    parts = false,
  }: Epilogue,
): Constants {
  return {
    has_bias: bias,
    has_residual: residual,
    has_affine: affine,
    has_mask: mask,
    has_formula: formula !== undefined,
    relu,
    parts,
  };
}

/** What kernels that divide a convolution by pixels and blocks of outputs share. */
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

/** Two-dimensional convolution with an epilogue of bias, residual, ReLU, scale and shift; shader `conv/conv2d.wgsl`. */
export const conv2d: Kernel<Conv2dParams> = defineKernel<Conv2dParams>({
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
  formula: valueFormula,
  literalShape: ({ tiling }) => tiling.literal,
  ...conv2dGrid,
});

/** Parameters of {@linkcode conv2dPointwise}. */
export interface Conv2dPointwiseParams extends Conv2dParams {
  /** Whether the weight is that of the reverse convolution, from the output to a single input. Default: false. */
  readonly transposed?: boolean;
  /** Whether results become zero where a tensor of the output's shape is not positive. Default: false. */
  readonly mask?: boolean;
}

/**
 * 1×1 convolution with stride 1 of planes with an even number of pixels, which are loaded in pairs; shader
 * `conv/conv2d_pointwise.wgsl`. The tiling's `pixels` must be even.
 */
export const conv2dPointwise: Kernel<Conv2dPointwiseParams> = defineKernel<
  Conv2dPointwiseParams
>({
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
  formula: valueFormula,
  shape(params) {
    const [height, width] = params.outputSize;
    return { ...conv2dGrid.shape(params), pairs: height * width / 2 };
  },
  workgroups: conv2dGrid.workgroups,
});
