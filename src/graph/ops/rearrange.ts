import { rearrange as kernel } from "../../kernels/window.ts";
import { defineOp, type OnnxForm } from "../op.ts";
import { type Shape, sizeOf, type Tensor } from "../tensor.ts";

/**
 * A digit of a place: along an axis of the result, `(place / outputStep) % size`, it moves the place in the input along
 * `axis` by `inputStep`. Without an axis, values repeat.
 */
export interface Digit {
  readonly size: number;
  readonly outputAxis: number;
  readonly outputStep: number;
  readonly inputAxis?: number;
  readonly inputStep: number;
}

/** Values in another order, in a graph. */
interface RearrangeNode extends Tensor {
  readonly digits: readonly Digit[];
}

const rearrangeOp = defineOp<RearrangeNode>({
  name: "rearrange",
  lower(node, { precision }) {
    const { inputs: [input], shape: [batch, channels], digits } = node;
    const places = [0, 1, 2, 3].map((axis) => placeOf(digits, axis));
    return [{
      program: kernel.program({
        batch,
        channels,
        inputChannels: input.shape[1],
        inputSize: sizeOf(input),
        outputSize: sizeOf(node),
        places,
      }, precision),
      tensors: { input },
    }];
  },
  onnx: ({ shape, digits }) => onnxOf(shape, digits),
  padsWithZeros: () => true,
});

/** The place along an axis of the input, as WGSL. */
function placeOf(digits: readonly Digit[], axis: number): string {
  const terms = digits.filter(({ inputAxis }) => inputAxis === axis)
    .map(({ size, outputAxis, outputStep, inputStep }) =>
      `at[${outputAxis}] / ${outputStep}u % ${size}u * ${inputStep}u`
    );
  return terms.join(" + ") || "0u";
}

/** A reshape to digits, a repetition, a transposition, and a reshape to the result. */
function onnxOf(
  shape: Shape,
  digits: readonly Digit[],
): OnnxForm[] {
  const integers = (role: string, values: readonly number[]) => ({
    role,
    values: values.map(BigInt),
  });
  // As they follow each other in the input, those that repeat last; and in the result.
  const order = digits.toSorted((a, b) =>
    (a.inputAxis ?? 4) - (b.inputAxis ?? 4) || b.inputStep - a.inputStep
  );
  const target = digits.toSorted((a, b) =>
    a.outputAxis - b.outputAxis || b.outputStep - a.outputStep
  );
  const sizes = order.map(({ size, inputAxis }) =>
    inputAxis === undefined ? 1 : size
  );
  const repeats = order.some(({ inputAxis }) => inputAxis === undefined);
  return [
    { operator: "Reshape", constants: [integers("digits", sizes)] },
    ...repeats
      ? [{
        operator: "Expand",
        constants: [integers("repeats", order.map(({ size }) => size))],
      }]
      : [],
    {
      operator: "Transpose",
      attributes: { perm: target.map((digit) => order.indexOf(digit)) },
    },
    { operator: "Reshape", constants: [integers("shape", shape)] },
  ];
}

/** The values of a tensor in another order, or repeated. */
export function rearrange(
  input: Tensor,
  { shape, digits }: {
    readonly shape: Shape;
    readonly digits: readonly Digit[];
  },
): Tensor {
  return rearrangeOp.node({ inputs: [input], shape, digits });
}
