import type { Target } from "../../graph/op.ts";
import type { Conv2dGeometry } from "../../kernels/backward/data_gradient.ts";
import { sumPartials } from "../../kernels/backward/norm.ts";
import {
  chooseWeightGradientTiling,
  conv2dPointwiseWeightGradient,
  conv2dWeightGradient,
} from "../../kernels/backward/weight_gradient.ts";
import { blocksOf } from "../../kernels/conv/conv2d.ts";
import type { Operand, Tape } from "../step/tape.ts";

/** Options for {@linkcode recordWeightProducts}. */
export interface WeightProducts {
  /** Name of the operations. */
  readonly name: string;
  readonly geometry: Conv2dGeometry;
  /** Gradient with respect to the convolution's output. */
  readonly gradient: Operand;
  /** The convolution's input. */
  readonly input: Operand;
  /** Gradient with respect to its weight: the result. */
  readonly output: Operand;
  /** Whether the result is added to `output`. */
  readonly accumulate: boolean;
  /** Floating-point operations; a multiply-add counts as two. */
  readonly flops: number;
}

/** Records the gradient with respect to a convolution's weight: in parts, which are then summed, or at once. */
export function recordWeightProducts(
  { tape, target }: { readonly tape: Tape; readonly target: Target },
  { name, geometry, gradient, input, output, accumulate, flops }:
    WeightProducts,
): void {
  const { inputChannels, outputChannels, groups, kernel } = geometry;
  const vectors = blocksOf(outputChannels) * blocksOf(inputChannels / groups) *
    4 * kernel[0] * kernel[1];
  const tiling = chooseWeightGradientTiling(geometry, target);
  const { splits, paired } = tiling;
  const gradientKernel = paired
    ? conv2dPointwiseWeightGradient
    : conv2dWeightGradient;
  const partial = splits > 1
    ? { name: `${name}.partial`, bytes: vectors * 16 * splits }
    : output;
  tape.add(
    name,
    gradientKernel.program(
      { ...geometry, accumulate, tiling },
      target.precision,
    ),
    { grad_output: gradient, input, output: partial },
    { flops },
  );
  if (splits === 1) return;
  const program = sumPartials.program({
    partials: splits,
    vectors,
    accumulate,
  });
  tape.add(`${name}.sum`, program, { partial, output });
}
