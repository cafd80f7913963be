import { choosePairs } from "../../graph/conv2d_variant.ts";
import {
  type Convolution,
  convolutionFlops,
  geometryOf,
} from "../../graph/convolution.ts";
import {
  chooseDataGradientTiling,
  conv2dDataGradient,
  type Conv2dGeometry,
  insertZeros,
  type SubsampleParams,
  transposedProblem,
} from "../../kernels/backward/data_gradient.ts";
import { blocksOf, conv2dPointwise } from "../../kernels/conv/conv2d.ts";
import { packedBytes } from "../../kernels/pack.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { Gradients } from "../step/gradients.ts";
import { newTensor, type Recording } from "../step/recording.ts";
import type { Operand, Value } from "../step/tape.ts";
import { recordWinogradInput, takesWinograd } from "./conv2d_winograd.ts";

/**
 * Describes a strided 1×1 convolution as one without stride on a subsampled input, and the subsampling. `undefined` for
 * other convolutions.
 */
export function withoutStride(
  full: Conv2dGeometry,
): { geometry: Conv2dGeometry; sampling: SubsampleParams } | undefined {
  const { batch, kernel, stride, padding, inputSize, outputSize } = full;
  if (kernel[0] * kernel[1] > 1 || stride === 1 || padding > 0) return;
  return {
    geometry: { ...full, inputSize: outputSize, stride: 1 },
    sampling: {
      planes: batch * blocksOf(full.inputChannels),
      fullSize: inputSize,
      size: outputSize,
      stride,
    },
  };
}

/** A value for the input of a convolution. */
export function inputOf(
  { batch, inputChannels, inputSize }: Conv2dGeometry,
  name: string,
  precision: Precision,
): Value {
  const shape = [batch, inputChannels, ...inputSize] as const;
  return { name, bytes: packedBytes(shape, precision) };
}

/** Records the gradient with respect to a convolution's input. */
export function recordDataGradient(
  recording: Recording,
  convolution: Convolution,
  { gradient, weight, gradients }: {
    readonly gradient: Operand;
    readonly weight: Operand;
    readonly gradients: Gradients;
  },
): void {
  const { tape, target } = recording;
  const { name, sources: [{ tensor: input }] } = convolution;
  const share = gradients.share(input);
  const output = newTensor(recording, input, `${name}.data_gradient`);
  const { sum: residual, mask } = share;
  const ends = { ...residual && { residual }, ...mask && { mask }, output };
  const full = geometryOf(convolution);
  const thin = withoutStride(full);
  const products = {
    name: output.name,
    gradient,
    weight,
    flops: convolutionFlops(convolution),
  };
  if (thin) {
    const { geometry, sampling } = thin;
    const pixels = inputOf(geometry, `${output.name}.pixels`, target.precision);
    recordProducts(recording, { ...products, geometry, output: pixels });
    const program = insertZeros.program({
      ...sampling,
      residual: residual !== undefined,
      mask: mask !== undefined,
    }, target.precision);
    tape.add(output.name, program, { input: pixels, ...ends });
  } else {
    recordProducts(recording, { ...products, ...ends, geometry: full });
  }
  gradients.add(input, output, share);
}

function recordProducts(
  { tape, target }: Recording,
  { name, geometry, gradient, flops, ...operands }: {
    readonly name: string;
    readonly geometry: Conv2dGeometry;
    readonly gradient: Operand;
    readonly flops: number;
    readonly weight: Operand;
    readonly residual?: Operand;
    readonly mask?: Operand;
    readonly output: Operand;
  },
): void {
  if (takesWinograd(geometry)) {
    const winograd = { tape, target, name, geometry, gradient };
    recordWinogradInput(winograd, operands);
    return;
  }
  const added = {
    residual: operands.residual !== undefined,
    mask: operands.mask !== undefined,
  };
  const problem = transposedProblem(geometry);
  const pairs = choosePairs(problem, target);
  // The other kernel processes the pixels of all images together, which is faster for small planes.
  if (pairs && pairs.pixels === 8) {
    const program = conv2dPointwise.program({
      ...problem,
      ...added,
      transposed: true,
      tiling: pairs,
    }, target.precision);
    tape.add(name, program, { input0: gradient, ...operands }, { flops });
  } else {
    const program = conv2dDataGradient.program({
      ...geometry,
      ...added,
      tiling: chooseDataGradientTiling(geometry, target),
    }, target.precision);
    tape.add(name, program, { grad_output: gradient, ...operands }, { flops });
  }
}
