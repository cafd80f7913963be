import { relu } from "../../graph/ops/activation.ts";
import { leakyRelu } from "../../graph/ops/leaky_relu.ts";
import { pointwise } from "../../graph/ops/pointwise.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  constantOf,
  type ImportOperator,
  numberOf,
  type OperatorContext,
  textOf,
} from "../value.ts";
import { constantOperand, formula, tensorOf } from "./elementwise.ts";

const clip = formula((x, f, context) => {
  const least = constantOf(context, 1)?.values[0] ??
    numberOf(context, "min", -Infinity);
  const most = constantOf(context, 2)?.values[0] ??
    numberOf(context, "max", Infinity);
  if (least === 0 && most === Infinity) return relu(x);
  const raised = least === -Infinity ? x : f("maximum", x, least);
  return most === Infinity ? raised : f("minimum", raised, most);
});

const hardSigmoid = (
  x: Tensor,
  f: Parameters<Parameters<typeof formula>[0]>[1],
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
) =>
  f(
    "minimum",
    f("maximum", f("add", f("multiply", x, alpha), beta), 0),
    1,
  );

/** What GELU's approximation takes the tangent of: √(2/π) (x + 0.044715 x³). */
const cubic = (
  x: Tensor,
  f: Parameters<Parameters<typeof formula>[0]>[1],
) =>
  f(
    "multiply",
    f("add", x, f("multiply", f("power", x, 3), 0.044715)),
    Math.sqrt(2 / Math.PI),
  );

const prelu: ImportOperator = (context) => {
  const seen = tensorOf(context);
  const slope = constantOf(context, 1);
  if (!slope) throw context.refuse("its slope depends on the picture");
  // One slope per channel is C×1×1, C alone in old files.
  const dims = slope.dims.length === 1 && slope.dims[0] === seen.tensor.shape[1]
    ? [slope.dims[0], 1, 1]
    : slope.dims;
  const operand = constantOperand(context, { ...slope, dims }, seen, "slope");
  const { tensor: x, view } = seen;
  const name = (part: string) => ({ name: `${context.name}.${part}` });
  const negative = pointwise("minimum", [x, 0], name("negative"));
  const scaled = pointwise("multiply", [negative, operand], name("scaled"));
  const positive = pointwise("maximum", [x, 0], name("positive"));
  return { view, tensor: pointwise("add", [positive, scaled], name("sum")) };
};

const elu = (
  alpha: (context: OperatorContext) => number,
  gamma: (context: OperatorContext) => number,
  inner: (context: OperatorContext) => number = () => 1,
) =>
  formula((x, f, context) => {
    const below = f("multiply", f("minimum", x, 0), inner(context));
    const bent = f(
      "multiply",
      f("subtract", f("exponential", below), 1),
      alpha(context),
    );
    const sum = f("add", f("maximum", x, 0), bent);
    const factor = gamma(context);
    return factor === 1 ? sum : f("multiply", sum, factor);
  });

/** Activation functions, by name. */
export const ACTIVATIONS: Readonly<Record<string, ImportOperator>> = {
  Relu: formula((x) => relu(x)),
  LeakyRelu: formula((x, f, context) => {
    const slope = numberOf(context, "alpha", 0.01);
    if (slope >= 0) return leakyRelu(x, { slope });
    return f(
      "add",
      f("maximum", x, 0),
      f("multiply", f("minimum", x, 0), slope),
    );
  }),
  PRelu: prelu,
  Clip: clip,
  HardSigmoid: formula((x, f, context) =>
    hardSigmoid(x, f, {
      alpha: numberOf(context, "alpha", 0.2),
      beta: numberOf(context, "beta", 0.5),
    })
  ),
  HardSwish: formula((x, f) =>
    f("multiply", x, hardSigmoid(x, f, { alpha: 1 / 6, beta: 0.5 }))
  ),
  Mish: formula((x, f) => f("multiply", x, f("tanh", f("softplus", x)))),
  Gelu: formula((x, f, context) => {
    const half = textOf(context, "approximate", "none") === "tanh"
      ? f("tanh", cubic(x, f))
      : f("erf", f("multiply", x, Math.SQRT1_2));
    return f("multiply", f("multiply", x, 0.5), f("add", half, 1));
  }),
  Elu: elu((context) => numberOf(context, "alpha", 1), () => 1),
  Selu: elu(
    (context) => numberOf(context, "alpha", 1.6732632423543772),
    (context) => numberOf(context, "gamma", 1.0507009873554805),
  ),
  Celu: elu(
    (context) => numberOf(context, "alpha", 1),
    () => 1,
    (context) => 1 / numberOf(context, "alpha", 1),
  ),
  Softsign: formula((x, f) => f("divide", x, f("add", f("absolute", x), 1))),
};
