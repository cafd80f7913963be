import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel, type KernelDefinition } from "../kernel.ts";
import { shaders } from "../shaders.ts";
import type { Conv2dGeometry } from "./data_gradient.ts";

/** What {@linkcode conv2dWeightGradient} needs to know of its operands. */
export interface Conv2dWeightGradientParams extends Conv2dGeometry {
  /** Whether the gradient is added to what `output` holds; only with one split, else `sumPartials` does. */
  readonly accumulate: boolean;
  /** How the work is cut; see {@linkcode chooseWeightGradientTiling}. */
  readonly tiling: WeightGradientTiling;
}

/** How the gradient of a weight is cut into threads. */
export interface WeightGradientTiling {
  /** Neighboring threads, which hold neighboring blocks of outputs. */
  readonly lanes: number;
  /** Tiles of inputs a workgroup. */
  readonly tiles: number;
  /** Blocks of four output channels a thread; must divide those of a group. */
  readonly results: number;
  /** Blocks of four input channels a thread. */
  readonly inputs: number;
  /** Columns of the kernel a thread; must divide its width, and be 1 with dilation. */
  readonly taps: number;
  /** Pixels that a thread takes at once. */
  readonly pixels: number;
  /**
   * Whether pixels are loaded in pairs, by `conv2dPointwiseWeightGradient`: for 1×1 convolutions without stride, and rows with an
   * even number of pixels.
   */
  readonly paired: boolean;
  /** Whether the lanes are a subgroup that reads the same input, and shares its loads. */
  readonly broadcast: boolean;
  /** Parts of the sum over the pixels; with more than one, `sumPartials` adds them up. */
  readonly splits: number;
}

/** A sensible cut for a shape, without measuring. `subgroupSize` is 0 where subgroups cannot be used. */
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
  // Neighboring columns of the kernel read the same pixels. Subgroups of eight are software's, which has registers to spill.
  const taps = dilation === 1 && inputs * kernel[1] <= (shared ? 12 : 7)
    ? kernel[1]
    : 1;
  // Those who load in pairs need no registers for what taps share, and hold more sums instead.
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
    // Taps of large kernels are masked at the borders, which takes registers, too.
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
const LEAST_PIXELS = 256; // of a split: fewer are not worth what it takes to add the splits up

/** What kernels that sum a weight's gradient over rows of pixels have in common. */
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

/** Gradient of a convolution by its weight, in `splits` parts; shader `backward/conv2d_weight_gradient.wgsl`. */
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
      // Several taps need every column; one tap only those that the stride meets.
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

/** Rows and columns to walk along: where pixel meets pixel alone, a plane is cut into rows of some hundred pixels. */
export function walk(
  geometry: Conv2dGeometry,
): [number, number] {
  const [height, width] = geometry.outputSize;
  if (!isPointwise(geometry)) return [height, width];
  const pixels = height * width;
  let rows = Math.ceil(pixels / 256);
  while (pixels % rows !== 0) rows++;
  // A prime number of pixels has no such cut.
  return pixels / rows < 16 && pixels >= 16
    ? [height, width]
    : [rows, pixels / rows];
}

/** Whether pixel meets pixel alone. */
function isPointwise({ kernel, stride, padding }: Conv2dGeometry): boolean {
  return kernel[0] * kernel[1] === 1 && stride === 1 && padding === 0;
}

/**
 * Gradient of a 1×1 convolution without stride by its weight, where tilings are `paired`; shader
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
