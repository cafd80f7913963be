import { add } from "../../graph/ops/add.ts";
import type { PointwiseFunction } from "../../graph/formula.ts";
import { pointwise } from "../../graph/ops/pointwise.ts";
import {
  formatShape,
  type Parameter,
  type Shape,
  type Tensor,
} from "../../graph/tensor.ts";
import { arrange, toImage } from "../arrange.ts";
import { broadcast } from "../sizes.ts";
import {
  type ConstantValue,
  dimsOf,
  type ImportOperator,
  inputOf,
  isConstant,
  type OperatorContext,
  type TensorValue,
  type Value,
} from "../value.ts";
import { axesOf, imageView, sameFactors, type View } from "../view.ts";

/** What a function of pictures reads. */
export type Operand = Tensor | Parameter | number;

/** The tensor of an input, and how it is seen. */
export function tensorOf(context: OperatorContext, index = 0): TensorValue {
  const value = inputOf(context, index);
  if (!isConstant(value)) return value;
  throw context.refuse(`its input ${index} is constant`);
}

/** A constant as an operand: a number, or a parameter per channel. */
export function constantOperand(
  context: OperatorContext,
  constant: ConstantValue,
  seen: TensorValue,
  role: string,
): Operand {
  const { dims, values } = constant;
  if (values.length === 1) return values[0];
  const rank = dimsOf(seen).length;
  const axis = axesOf(seen).indexOf(1);
  const isPerChannel = dims.length <= rank &&
    dims.every((size, i) => size === 1 || i + rank - dims.length === axis);
  if (isPerChannel) {
    return context.parameter(
      `${context.name}.${role}`,
      [values.length],
      () => Float32Array.from(values),
    );
  }
  throw context.refuse(
    `a constant of ${dims.join("×")} for ${
      dimsOf(seen).join("×")
    } is neither one number nor one per channel`,
  );
}

/** A function of two values, of which one at least is a tensor. */
function binary(name: PointwiseFunction): ImportOperator {
  return (context) => {
    const values = context.inputs.map((_, i) => inputOf(context, i));
    return values.slice(1).reduce(
      (sum, value, i) => combine(context, name, [sum, value], i),
      values[0],
    );
  };
}

function combine(
  context: OperatorContext,
  name: PointwiseFunction,
  values: readonly [Value, Value],
  index: number,
): TensorValue {
  const { tensors, view } = aligned(
    context,
    values.filter((value): value is TensorValue => !isConstant(value)),
  );
  const [tensor] = tensors;
  const operands = values.map((value, i): Operand =>
    isConstant(value)
      ? constantOperand(context, value, { tensor, view }, `${name}${index}${i}`)
      : tensors[tensors.length === 1 ? 0 : i]
  );
  const label = index === 0 ? context.name : `${context.name}.${index}`;
  return { view, tensor: apply(name, operands, label) };
}

/** Tensors whose values lie alike, and how: as they do, but for sizes of one; as the first; or as N×C×H×W. */
function aligned(
  context: OperatorContext,
  values: readonly TensorValue[],
): { readonly tensors: readonly Tensor[]; readonly view: View } {
  const [a, b = a] = values;
  const isAlike = a.view.length === b.view.length &&
    a.view.every((factors, i) =>
      [factors, b.view[i]].some(({ length }) => length === 0) ||
      sameFactors(factors, b.view[i])
    );
  if (isAlike) {
    const view = a.view.map((one, i) => one.length > 0 ? one : b.view[i]);
    return { tensors: values.map(({ tensor }) => tensor), view };
  }
  const [dims, others] = [a, b].map(dimsOf);
  const repeats = a.view.flat().some(({ axis }) => axis === undefined);
  if (dims.join() === others.join() && !repeats) {
    const { tensor: { shape }, view } = a;
    return { tensors: [a.tensor, arrange(b, { shape, view })], view };
  }
  const rank = Math.max(dims.length, others.length);
  if (rank > 4) {
    throw context.refuse(
      `${dims.join("×")} and ${others.join("×")} are laid out differently`,
    );
  }
  const tensors = [a, b].map(toImage);
  const shape = broadcast(context, tensors[0].shape, tensors[1].shape);
  const view = imageView(shape as unknown as Shape).slice(4 - rank);
  return { tensors, view };
}

/** Functions with a constant first, by ones with it second. */
const TURNED: {
  readonly [name in PointwiseFunction]?: [PointwiseFunction, PointwiseFunction];
} = {
  subtract: ["negate", "add"],
  divide: ["reciprocal", "multiply"],
};

function isTensorOperand(operand: Operand): operand is Tensor {
  return typeof operand === "object" && "op" in operand;
}

/** A function of operands, by the layer that fuses best. */
function apply(
  name: PointwiseFunction,
  operands: readonly Operand[],
  label: string,
): Tensor {
  const [a, b] = operands;
  const turned = TURNED[name];
  if (turned && isTensorOperand(b) && !isTensorOperand(a)) {
    const first = pointwise(turned[0], [b], { name: `${label}.turned` });
    return pointwise(turned[1], [first, a], { name: label });
  }
  return name === "add" && a !== b && isTensorOperand(a) &&
      isTensorOperand(b) &&
      formatShape(a.shape) === formatShape(b.shape)
    ? add(a, b)
    : pointwise(name, operands, { name: label });
}

function unary(name: PointwiseFunction): ImportOperator {
  return (context) => {
    const { tensor, view } = tensorOf(context);
    return { view, tensor: pointwise(name, [tensor], { name: context.name }) };
  };
}

/** Builds formulas step by step; rewrites make one kernel of them. */
export function formula(
  build: (
    x: Tensor,
    f: (name: PointwiseFunction, ...operands: Operand[]) => Tensor,
    context: OperatorContext,
  ) => Tensor,
): ImportOperator {
  return (context) => {
    const { tensor, view } = tensorOf(context);
    let count = 0;
    const f = (name: PointwiseFunction, ...operands: Operand[]) =>
      pointwise(name, operands, { name: `${context.name}.${count++}` });
    return { view, tensor: build(tensor, f, context) };
  };
}

/** Functions of pictures, element by element, by name. */
export const ELEMENTWISE: Readonly<Record<string, ImportOperator>> = {
  Add: binary("add"),
  Sum: binary("add"),
  Sub: binary("subtract"),
  Mul: binary("multiply"),
  Div: binary("divide"),
  Max: binary("maximum"),
  Min: binary("minimum"),
  Pow: binary("power"),
  Abs: unary("absolute"),
  Neg: unary("negate"),
  Exp: unary("exponential"),
  Log: unary("logarithm"),
  Sqrt: unary("squareRoot"),
  Reciprocal: unary("reciprocal"),
  Sigmoid: unary("sigmoid"),
  Tanh: unary("tanh"),
  Softplus: unary("softplus"),
  Erf: unary("erf"),
  Floor: unary("floor"),
  Ceil: unary("ceil"),
  Round: unary("round"),
  Sign: unary("sign"),
};
