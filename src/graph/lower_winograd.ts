import {
  blocksOf,
  conv2d,
  conv2dPointwise,
  type Conv2dTiling,
  sumOfBlocks,
} from "../kernels/conv/conv2d.ts";
import { conv2dShared } from "../kernels/conv/conv2d_shared.ts";
import {
  winogradInput,
  winogradOutput,
  winogradWeight,
} from "../kernels/conv/winograd.ts";
import { bytesOf } from "../kernels/pack.ts";
import {
  winogradProducts,
  winogradStrips,
  winogradTiles,
} from "./winograd_strips.ts";
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
