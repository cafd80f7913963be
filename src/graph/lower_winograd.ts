import {
  blocksOf,
  conv2d,
  conv2dPointwise,
  conv2dShared,
  type Conv2dTiling,
  sumOfBlocks,
} from "../kernels/conv/conv2d.ts";
import {
  winogradInput,
  winogradOutput,
  type WinogradStrip,
  winogradWeight,
} from "../kernels/conv/winograd.ts";
import { bytesOf } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import {
  type Conv2dProblem,
  winogradProducts,
  winogradTiles,
} from "./conv2d_variant.ts";
import {
  type Convolution,
  convolutionFlops,
  epilogueConstants,
  problemOf,
  weightConstant,
} from "./convolution.ts";
import {
  affineConstant,
  type ComputedConstant,
  type Operation,
  type Target,
} from "./op.ts";

/** Winograd's tiles in strips, whose transforms fit in caches. */
export interface WinogradStrips {
  readonly strips: readonly WinogradStrip[];
  /** Most bytes of a strip's transformed input. */
  readonly inputBytes: number;
  /** Most bytes of a strip's products. */
  readonly outputBytes: number;
}

// Bytes of transformed input or output per strip: enough to fill a GPU, but few enough to stay in caches.
const STRIP_BYTES = 16 * 1024 * 1024;

/** Divides the tiles of a convolution into roughly equal strips. */
export function winogradStrips(
  params: Conv2dProblem,
  precision: Precision,
): WinogradStrips {
  const [down, across] = params.outputSize
    .map((length) => Math.ceil(length / 4));
  const tiles = winogradTiles(params);
  const blockBytes = precision === "f16" ? 8 : 16;
  const one = winogradProducts(params, 1);
  const inputBytes = blocksOf(one.inputChannels[0]) * blockBytes;
  const outputBytes = blocksOf(one.outputChannels) * blockBytes;
  const tileBytes = Math.max(inputBytes, outputBytes);
  // The strips are roughly equal, because a small remainder would run inefficiently.
  const count = Math.ceil(tiles * tileBytes / STRIP_BYTES);
  const length = Math.min(tiles, Math.ceil(tiles / count / 64) * 64);
  const strips: WinogradStrip[] = [];
  for (let first = 0; first < tiles; first += length) {
    const count = Math.min(length, tiles - first);
    strips.push({ across, down, first, count });
  }
  return {
    strips,
    inputBytes: inputBytes * length,
    outputBytes: outputBytes * length,
  };
}

/** A convolution by Winograd's F(4×4, 3×3), strip by strip: transform, 36 matrix products, inverse transform. */
export function lowerWinograd(
  convolution: Convolution,
  { precision, tiling, shared, pointwise }: Target & {
    readonly tiling: Conv2dTiling;
    readonly shared?: true;
    readonly pointwise?: true;
  },
): Operation[] {
  const { sources, epilogue: { residual } } = convolution;
  const params = problemOf(convolution);
  const weight = weightConstant(convolution, precision);
  const flops = convolutionFlops(convolution);
  const { inputChannels, outputChannels, inputSize, padding } = params;
  const { strips, inputBytes, outputBytes } = winogradStrips(params, precision);
  const transformed = { size: inputBytes };
  const product = { size: outputBytes };
  const inputBlocks = sumOfBlocks(inputChannels);
  const weights = blocksOf(outputChannels) * inputBlocks * 16 * 36;
  const transformedWeight: ComputedConstant = {
    key: `winograd ${weight.key}`,
    source: weight,
    binding: "weight",
    program: winogradWeight.program(
      { inputChannels: inputBlocks * 4, outputChannels },
      precision,
    ),
    bytes: bytesOf(weights, precision),
  };
  return strips.flatMap((strip): Operation[] => [
    ...sources.map(({ tensor: input, norm }, index): Operation => {
      const normalized = norm !== undefined;
      const program = winogradInput.program(
        { inputChannels, index, inputSize, padding, normalized, strip },
        precision,
      );
      const constants: Operation["constants"] = norm
        ? { affine: affineConstant(norm) }
        : {};
      const scratch = { output: transformed };
      return { program, tensors: { input }, constants, scratch };
    }),
    {
      program:
        (shared
          ? conv2dShared
          : pointwise && strip.count % 2 === 0
          ? conv2dPointwise
          : conv2d).program(
            { ...winogradProducts(params, strip.count), tiling },
            precision,
          ),
      tensors: {},
      constants: { weight: transformedWeight },
      scratch: { input0: transformed, output: product },
      flops: flops * strip.count / winogradTiles(params),
    },
    {
      program: winogradOutput.program({ ...params, strip }, precision),
      tensors: residual ? { residual } : {},
      constants: epilogueConstants(convolution),
      scratch: { input: product },
    },
  ]);
}
