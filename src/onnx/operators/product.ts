import { conv2d } from "../../graph/ops/conv2d.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  constantOf,
  dimsOf,
  type ImportOperator,
  numberOf,
  type OperatorContext,
  type TensorValue,
} from "../value.ts";
import { axesOf, tensorOf } from "./elementwise.ts";

/** A matrix product with a weight: a convolution of one tap. */
function product(
  context: OperatorContext,
  value: TensorValue,
  { transposed, scale = 1 }: {
    readonly transposed: boolean;
    readonly scale?: number;
  },
): Tensor {
  const weight = constantOf(context, 1);
  const axis = axesOf(value).indexOf(1);
  const { tensor } = value;
  if (weight?.dims.length !== 2 || axis !== dimsOf(value).length - 1) {
    throw context.refuse(
      "only a product of the channels, last, with a constant matrix is supported",
    );
  }
  const [rows, columns] = weight.dims;
  const [inputs, channels] = transposed ? [columns, rows] : [rows, columns];
  const { name } = context;
  const bias = constantOf(context, 2);
  const factor = numberOf(context, "beta", 1);
  if (
    inputs !== tensor.shape[1] ||
    (bias && bias.values.length !== channels && bias.values.length !== 1)
  ) {
    throw context.refuse(
      `a weight of ${weight.dims.join("×")} does not fit ${
        dimsOf(value).join("×")
      }`,
    );
  }
  context.parameter(`${name}.weight`, [channels, inputs, 1, 1], () => {
    const values = new Float32Array(weight.values.length);
    for (let output = 0; output < channels; output++) {
      for (let input = 0; input < inputs; input++) {
        const at = transposed
          ? output * inputs + input
          : input * channels + output;
        values[output * inputs + input] = weight.values[at] * scale;
      }
    }
    return values;
  });
  if (bias) {
    context.parameter(
      `${name}.bias`,
      [channels],
      () =>
        Float32Array.from(
          { length: channels },
          (_, i) => bias.values[bias.values.length === 1 ? 0 : i] * factor,
        ),
    );
  }
  return conv2d(tensor, {
    name,
    channels,
    kernel: 1,
    bias: bias !== undefined,
  });
}

const gemm: ImportOperator = (context) => {
  const value = tensorOf(context);
  if (numberOf(context, "transA", 0) !== 0) {
    throw context.refuse("a transposed first matrix is not supported");
  }
  const transposed = numberOf(context, "transB", 0) === 1;
  const scale = numberOf(context, "alpha", 1);
  return {
    view: value.view,
    tensor: product(context, value, { transposed, scale }),
  };
};

const matMul: ImportOperator = (context) => {
  const value = tensorOf(context);
  return {
    view: value.view,
    tensor: product(context, value, { transposed: false }),
  };
};

/** Matrix products, by name. */
export const PRODUCTS: Readonly<Record<string, ImportOperator>> = {
  Gemm: gemm,
  MatMul: matMul,
};
