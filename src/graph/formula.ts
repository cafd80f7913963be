/** A function of one or two values, element by element. */
export type PointwiseFunction =
  | keyof typeof FUNCTIONS
  | "power";

/** A function as WGSL, and as ONNX's operator. */
interface PointwiseForm {
  readonly arity: 1 | 2;
  readonly onnx: string;
  wgsl(a: string, b: string): string;
}

const unary = (onnx: string, wgsl: PointwiseForm["wgsl"]): PointwiseForm => ({
  arity: 1,
  onnx,
  wgsl,
});
const binary = (onnx: string, wgsl: PointwiseForm["wgsl"]): PointwiseForm => ({
  arity: 2,
  onnx,
  wgsl,
});

/** All functions but `power`, whose form depends on the exponent. Those that WGSL lacks are in `shaders/common/formula.wgsl`. */
const FUNCTIONS = {
  add: binary("Add", (a, b) => `(${a} + ${b})`),
  subtract: binary("Sub", (a, b) => `(${a} - ${b})`),
  multiply: binary("Mul", (a, b) => `(${a} * ${b})`),
  divide: binary("Div", (a, b) => `(${a} / ${b})`),
  maximum: binary("Max", (a, b) => `max(${a}, ${b})`),
  minimum: binary("Min", (a, b) => `min(${a}, ${b})`),
  absolute: unary("Abs", (a) => `abs(${a})`),
  negate: unary("Neg", (a) => `(-${a})`),
  exponential: unary("Exp", (a) => `exp(${a})`),
  logarithm: unary("Log", (a) => `log(${a})`),
  squareRoot: unary("Sqrt", (a) => `sqrt(${a})`),
  reciprocal: unary("Reciprocal", (a) => `(1.0 / ${a})`),
  sigmoid: unary("Sigmoid", (a) => `(1.0 / (1.0 + exp(-${a})))`),
  // Beyond these values it is 1 in 32 bits, and exponentials would overflow.
  tanh: unary("Tanh", (a) => `tanh(clamp(${a}, vec4f(-10.0), vec4f(10.0)))`),
  softplus: unary("Softplus", (a) => `soft_plus(${a})`),
  erf: unary("Erf", (a) => `error_function(${a})`),
  floor: unary("Floor", (a) => `floor(${a})`),
  ceil: unary("Ceil", (a) => `ceil(${a})`),
  round: unary("Round", (a) => `round(${a})`),
  sign: unary("Sign", (a) => `sign(${a})`),
} as const satisfies Readonly<Record<string, PointwiseForm>>;

/** A formula: a tensor or parameter by its index, a number, or a function of formulas. */
export type Formula =
  | { readonly tensor: number }
  | { readonly parameter: number }
  | number
  | { readonly name: PointwiseFunction; readonly of: readonly Formula[] };

/** WGSL of what a formula reads. */
interface FormulaOperands {
  tensor(index: number): string;
  /** Default: it reads none. */
  parameter?(index: number): string;
}

/** A formula of a `vec4f` as WGSL. */
export function wgslOf(formula: Formula, operands: FormulaOperands): string {
  if (typeof formula === "number") return `vec4f(${wgslNumber(formula)})`;
  if ("tensor" in formula) return operands.tensor(formula.tensor);
  if ("parameter" in formula) return operands.parameter!(formula.parameter);
  const { name, of } = formula;
  const [a, b = ""] = of.map((part) => wgslOf(part, operands));
  return name === "power" ? powerOf(a, b, of[1]) : FUNCTIONS[name].wgsl(a, b);
}

/** A formula of one tensor, of which a shader has a `value`, as WGSL. */
export function wgslOfValue(formula: Formula): string {
  return wgslOf(formula, { tensor: () => "value" });
}

function wgslNumber(value: number): string {
  const rounded = Math.fround(value);
  const finite = Number.isFinite(rounded)
    ? rounded
    : Math.sign(rounded) * 3.4028234e38;
  return Number.isInteger(finite) ? `${finite.toFixed(0)}.0` : `${finite}`;
}

/** WGSL's `pow()` is undefined for negative numbers. */
function powerOf(base: string, exponent: string, value: Formula): string {
  if (value === 2) return `square(${base})`;
  if (value === 0.5) return `sqrt(${base})`;
  const name = typeof value !== "number" || !Number.isInteger(value)
    ? "pow"
    : value % 2 === 0
    ? "even_power"
    : "odd_power";
  return `${name}(${base}, ${exponent})`;
}

/** A function as ONNX's operator. */
export function onnxOperator(name: PointwiseFunction): string {
  return name === "power" ? "Pow" : FUNCTIONS[name].onnx;
}
