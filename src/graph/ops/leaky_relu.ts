import { cannot } from "../../errors/cannot.ts";
import { leakyRelu as kernel } from "../../kernels/elementwise.ts";
import { isNonNegative } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { type Activation, defineActivation } from "./activation.ts";

/**
 * Options for {@linkcode leakyRelu}.
 *
 * @category Layer types
 */
export interface LeakyReluOptions {
  /** The factor for negative values. Default: 0.01. */
  readonly slope?: number;
}

/** Leaky ReLU as a layer. */
export const leakyReluOp = defineActivation<{ readonly slope: number }>({
  name: "leaky_relu",
  onnx: ({ slope }) => [{
    operator: "LeakyRelu",
    attributes: { alpha: { float: slope } },
  }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
});

/**
 * `x` if positive, else `slope * x`: PyTorch's `nn.LeakyReLU` (Maas et al. 2013).
 *
 * @example
 * ```ts
 * import { buildGraph, leakyRelu } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => ({ y: leakyRelu(x, { slope: 0.1 }) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×4×8×8");
 * ```
 *
 * @throws {RangeError} If the slope is negative or not finite.
 *
 * @category Layers
 */
export function leakyRelu(
  input: Tensor,
  { slope = 0.01 }: LeakyReluOptions = {},
): Tensor {
  if (!(slope >= 0 && slope < Infinity)) {
    throw cannot(
      `build leaky_relu "${input.name}.leaky_relu"`,
      "slope must be finite and not negative",
      { received: slope, kind: RangeError },
    );
  }
  return leakyReluOp.node({
    inputs: [input],
    shape: input.shape,
    activation: activationOf(slope),
    slope,
  });
}

function activationOf(slope: number): Activation {
  return {
    name: "leaky_relu",
    forward: (planes, precision) =>
      kernel.program({ ...planes, slope, backward: false }, precision),
    backward: (planes, precision) => ({
      program: kernel.program({ ...planes, slope, backward: true }, precision),
      result: "input",
      output: "output",
    }),
  };
}
