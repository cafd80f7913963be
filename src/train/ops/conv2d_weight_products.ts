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

/** Operands of {@linkcode recordWeightProducts}. */
export interface WeightProducts {
  /** What the operations are called. */
  readonly name: string;
  /** The convolution. */
  readonly geometry: Conv2dGeometry;
  /** The gradient by its output. */
  readonly gradient: Operand;
  /** Its input. */
  readonly input: Operand;
  /** Where the gradient by its weight goes. */
  readonly output: Operand;
  /** Whether it is added to what is there. */
  readonly accumulate: boolean;
  /** Floating-point operations, two a multiply-add. */
  readonly flops: number;
}

/** Records the gradient of a convolution by its weight, product by product: in parts, which are then added up, or at once. */
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
