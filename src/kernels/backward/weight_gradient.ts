import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel, type KernelDefinition } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { Conv2dGeometry } from "./data_gradient.ts";

/** Parameters of {@linkcode conv2dWeightGradient}. */
export interface Conv2dWeightGradientParams extends Conv2dGeometry {
  /** Whether to add the gradient to the contents of `output`. With several splits, `sumPartials` does that. */
  readonly accumulate: boolean;
  /** How the work is tiled; see {@linkcode chooseWeightGradientTiling}. */
  readonly tiling: WeightGradientTiling;
}

/** How the gradient of a weight is divided among threads. */
export interface WeightGradientTiling {
  /** Threads per workgroup along the blocks of outputs. */
  readonly lanes: number;
  /** Tiles of inputs per workgroup. */
  readonly tiles: number;
  /** Blocks of four output channels per thread; must divide those of a group. */
  readonly results: number;
  /** Blocks of four input channels per thread. */
  readonly inputs: number;
  /** Columns of the kernel per thread; must divide its width, and be 1 with dilation. */
  readonly taps: number;
  /** Pixels that a thread processes at once. */
  readonly pixels: number;
  /**
   * Whether `conv2dPointwiseWeightGradient` loads pixels in pairs: for 1×1 convolutions with stride 1 and rows with an even
   * number of pixels.
   */
  readonly paired: boolean;
  /** Whether the lanes are a subgroup, whose threads share the loads of input. */
  readonly broadcast: boolean;
  /** Parts of the sum over the pixels; if more than one, `sumPartials` adds them. */
  readonly splits: number;
}

/** Chooses a tiling by heuristics, without measuring. `subgroupSize` is 0 if subgroups are unavailable. */
export function chooseWeightGradientTiling(
  geometry: Conv2dGeometry,
  { subgroupSize }: { readonly subgroupSize: number },
): WeightGradientTiling {
  const { batch, inputChannels, outputChannels, groups, kernel, dilation } =
    geometry;
  const lanes = 8;
  const groupOutputs = blocksOf(outputChannels / groups);
  const groupInputs = blocksOf(inputChannels / groups);
  const [height, width] = walk(geometry);
  const shared = subgroupSize === lanes;
  const broadcast = shared && (groups === 1 || groupOutputs % lanes === 0);
  const inputs = Math.min(groupInputs, broadcast ? 8 : 4);
  // Neighboring columns of the kernel read the same pixels. Subgroups of eight mean a software adapter, which can spill registers.
  const taps = dilation === 1 && inputs * kernel[1] <= (shared ? 12 : 7)
    ? kernel[1]
    : 1;
  // Threads that load pairs need no registers for values that taps share, and hold more sums instead.
  const paired = broadcast && isPointwise(geometry) && width % 2 === 0 &&
    groupOutputs % 2 === 0 &&
    (groups === 1 || groupOutputs % (lanes * 2) === 0);
  const even = paired ||
    (!broadcast && taps * inputs > 7 && groupOutputs % 2 === 0);
  const tiles = Math.min(8, Math.ceil(groupInputs / inputs));
  const workgroups = Math.ceil(groupOutputs * groups / lanes) *
    Math.ceil(groupInputs / (inputs * tiles)) * kernel[0] * kernel[1] / taps;
  return {
    lanes,
    tiles,
    results: even ? 2 : 1,
    inputs,
    taps,
    // Masking taps of large kernels at the borders takes registers, too.
    pixels: even || (broadcast && taps < kernel[1])
      ? 2
      : width % 4 === 0 || width > 8
      ? 4
      : width % 2 === 0
      ? 2
      : 1,
    paired,
    broadcast,
    splits: Math.max(
      1,
      Math.min(
        Math.ceil(WORKGROUPS / workgroups),
        Math.floor(batch * height * width / LEAST_PIXELS),
        batch * height,
      ),
    ),
  };
}

const WORKGROUPS = 64; // to keep a device busy
const LEAST_PIXELS = 256; // per split: with fewer, adding up the splits costs more than it saves

/** What kernels that sum a weight's gradient over rows of pixels share. */
export const weightGradientGrid: Required<
  Pick<KernelDefinition<Conv2dWeightGradientParams>, "shape" | "workgroups">
> = {
  shape(params) {
    const { batch, groups } = params;
    const [height, width] = walk(params);
    const flat = height !== params.outputSize[0];
    const [inputHeight, inputWidth] = flat ? [height, width] : params.inputSize;
    return {
      output_blocks: blocksOf(params.outputChannels),
      group_outputs: blocksOf(params.outputChannels / groups),
      group_inputs: blocksOf(params.inputChannels / groups),
      input_height: inputHeight,
      input_width: inputWidth,
      output_height: height,
      output_width: width,
      kernel_height: params.kernel[0],
      kernel_width: params.kernel[1],
      padding: params.padding,
      dilation: params.dilation,
      rows: batch * height,
      split_rows: Math.ceil(batch * height / params.tiling.splits),
    };
  },
  workgroups(params) {
    const { lanes, tiles, results, inputs, taps, splits } = params.tiling;
    const { groups, kernel } = params;
    return [
      Math.ceil(blocksOf(params.outputChannels) / (lanes * results)),
      Math.ceil(blocksOf(params.inputChannels / groups) / (tiles * inputs)),
      splits * kernel[0] * kernel[1] / taps,
    ];
  },
};

/** Gradient of a convolution with respect to its weight, in `splits` parts; shader `backward/conv2d_weight_gradient.wgsl`. */
export const conv2dWeightGradient: Kernel<Conv2dWeightGradientParams> =
  defineKernel({
    name: "conv2d_weight_gradient",
    source: shaders.conv2dWeightGradient,
    constants(params: Conv2dWeightGradientParams) {
      const { lanes, tiles, results, inputs, taps, pixels, broadcast, splits } =
        params.tiling;
      const spread = broadcast ? lanes : 1;
      const [, width] = walk(params);
      const ragged = width % pixels !== 0;
      // Several taps need every column; a single tap only one per stride.
      const reach = taps > 1 ? params.stride : 1;
      return {
        stride: params.stride,
        lanes,
        tiles,
        results,
        inputs,
        taps,
        pixels,
        reach,
        column_step: taps > 1 ? 1 : params.stride,
        spread,
        loads: Math.ceil(((pixels - 1) * reach + taps) * inputs / spread),
        broadcast,
        ragged,
        masked: ragged || params.padding > 0,
        accumulate: params.accumulate && splits === 1,
      };
    },
    ...weightGradientGrid,
  });

/** Rows and columns to iterate over. For pointwise convolutions, a plane is divided into rows of up to 256 pixels. */
export function walk(
  geometry: Conv2dGeometry,
): [number, number] {
  const [height, width] = geometry.outputSize;
  if (!isPointwise(geometry)) return [height, width];
  const pixels = height * width;
  let rows = Math.ceil(pixels / 256);
  while (pixels % rows !== 0) rows++;
  // A prime number of pixels cannot be divided.
  return pixels / rows < 16 && pixels >= 16
    ? [height, width]
    : [rows, pixels / rows];
}

/** Whether each output pixel depends on one input pixel. */
function isPointwise({ kernel, stride, padding }: Conv2dGeometry): boolean {
  return kernel[0] * kernel[1] === 1 && stride === 1 && padding === 0;
}

/**
 * Gradient of a 1×1 convolution with respect to its weight, for tilings that are `paired`; shader
 * `backward/conv2d_pointwise_weight_gradient.wgsl`.
 */
export const conv2dPointwiseWeightGradient: Kernel<Conv2dWeightGradientParams> =
  defineKernel({
    name: "conv2d_pointwise_weight_gradient",
    source: shaders.conv2dPointwiseWeightGradient,
    constants({ tiling, accumulate }: Conv2dWeightGradientParams) {
      const { lanes, tiles, results, inputs, broadcast, splits } = tiling;
      const spread = broadcast ? lanes : 1;
      return {
        lanes,
        tiles,
        results,
        inputs,
        spread,
        loads: Math.ceil(inputs / spread),
        broadcast,
        accumulate: accumulate && splits === 1,
      };
    },
    shape(params) {
      const { output_blocks, group_outputs, group_inputs, rows, split_rows } =
        weightGradientGrid.shape(params);
      const [height, width] = walk(params);
      return {
        output_blocks,
        group_outputs,
        group_inputs,
        plane: height * width / 2,
        row: width / 2,
        rows,
        split_rows,
      };
    },
    workgroups: weightGradientGrid.workgroups,
  });
