import { planeProduct } from "../../graph/ops/attention.ts";
import { conv2d } from "../../graph/ops/conv2d.ts";
import { pointwise } from "../../graph/ops/pointwise.ts";
import { channelsLast, toImage } from "../arrange.ts";
import {
  constantOf,
  type ConstantValue,
  dimsOf,
  type ImportOperator,
  inputOf,
  isConstant,
  numberOf,
  type OperatorContext,
  type TensorValue,
  textOf,
} from "../value.ts";
import { imageView, repeated } from "../view.ts";
import { tensorOf } from "./elementwise.ts";

/** A product of the last size with a weight: a convolution of one tap of the channels. */
function product(
  context: OperatorContext,
  input: TensorValue,
  { transposed, scale = 1 }: {
    readonly transposed: boolean;
    readonly scale?: number;
  },
): TensorValue {
  const weight = constantOf(context, 1);
  if (weight?.dims.length !== 2 || input.view.length > 4) {
    throw context.refuse(
      "only a product with a constant matrix, of two sizes, is supported",
    );
  }
  const value = channelsLast(input);
  const { tensor, view } = value;
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
  const result = conv2d(tensor, {
    name,
    channels,
    kernel: 1,
    bias: bias !== undefined,
  });
  const last = view.length - 1;
  return { tensor: result, view: view.with(last, imageView(result.shape)[1]) };
}

const gemm: ImportOperator = (context) => {
  if (numberOf(context, "transA", 0) !== 0) {
    throw context.refuse("a transposed first matrix is not supported");
  }
  return product(context, tensorOf(context), {
    transposed: numberOf(context, "transB", 0) === 1,
    scale: numberOf(context, "alpha", 1),
  });
};

const matMul: ImportOperator = (context) => {
  const [a, b] = [tensorOf(context), inputOf(context, 1)];
  if (isConstant(b)) {
    return repeat(context, a, b) ?? product(context, a, { transposed: false });
  }
  const rank = a.view.length;
  if (rank !== b.view.length || rank > 4) {
    throw context.refuse(
      `a product of ${dimsOf(a).join("×")} and ${
        dimsOf(b).join("×")
      } is not supported`,
    );
  }
  const tensor = planeProduct(toImage(a), toImage(b));
  return { tensor, view: imageView(tensor.shape).slice(4 - rank) };
};

/** A product with a row of equal numbers: values that are repeated. */
function repeat(
  { name }: OperatorContext,
  { tensor, view }: TensorValue,
  { dims, values }: ConstantValue,
): TensorValue | undefined {
  const [first] = values;
  const isRow = dims.length === 2 && dims[0] === 1 && dims[1] > 1;
  if (!isRow || !values.every((value) => value === first)) return undefined;
  return {
    tensor: first === 1
      ? tensor
      : pointwise("multiply", [tensor, first], { name }),
    view: view.with(view.length - 1, [repeated(dims[1])]),
  };
}

/** As PyTorch writes its tensordot. */
const einsum: ImportOperator = (context) => {
  const equation = textOf(context, "equation", "").replaceAll(" ", "");
  if (equation === "ij,jk->ik") return matMul(context);
  throw context.refuse(`the equation ${equation} is not supported`);
};

/** Matrix products, by name. */
export const PRODUCTS: Readonly<Record<string, ImportOperator>> = {
  Gemm: gemm,
  MatMul: matMul,
  Einsum: einsum,
};
