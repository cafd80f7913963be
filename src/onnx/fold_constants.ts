import { MAX_ONNX_CONSTANT } from "../io/limits.ts";
import { product } from "../io/product.ts";
import {
  broadcast,
  broadcastIndex,
  flattenedDims,
  normalAxis,
  reshapedDims,
  sliceRanges,
  squeezedDims,
  unsqueezedDims,
} from "./sizes.ts";
import {
  type ConstantValue,
  dimsOf,
  floats,
  type ImportOperator,
  inputOf,
  integers,
  isConstant,
  isTensor,
  listOf,
  numberOf,
  type OperatorContext,
  type Value,
} from "./value.ts";

type Numbers = readonly number[];

function constants(context: OperatorContext): ConstantValue[] {
  return context.inputs.map((value, i) => {
    if (value && isConstant(value)) return value;
    throw context.refuse(`its input ${i} depends on the picture`);
  });
}

function make(
  context: OperatorContext,
  dims: Numbers,
  type: number,
  valueAt: (index: number) => number,
): ConstantValue {
  const count = product(dims);
  if (!(count >= 0 && count <= MAX_ONNX_CONSTANT)) {
    throw context.refuse(
      `it makes a constant of ${count} values, more than ${MAX_ONNX_CONSTANT}`,
    );
  }
  const values = new (type === 1 ? Float32Array : Float64Array)(count);
  for (let i = 0; i < count; i++) values[i] = valueAt(i);
  return { dims, type, values };
}

function binary(
  compute: (a: number, b: number, whole: boolean) => number,
): ImportOperator {
  return (context) => {
    const [a, b] = constants(context);
    const dims = broadcast(context, a.dims, b.dims);
    const [atA, atB] = [a, b].map(({ dims: own }) => broadcastIndex(dims, own));
    const whole = a.type !== 1;
    return make(
      context,
      dims,
      a.type,
      (i) => compute(a.values[atA(i)], b.values[atB(i)], whole),
    );
  };
}

function unary(compute: (a: number) => number): ImportOperator {
  return (context) => {
    const [{ dims, type, values }] = constants(context);
    return make(context, dims, type, (i) => compute(values[i]));
  };
}

const compare =
  (test: (a: number, b: number) => boolean): ImportOperator => (context) => ({
    ...binary((a, b) => Number(test(a, b)))(context) as ConstantValue,
    type: 9,
  });

/** Moves values: `sourceOf` gives, for a place in the result, the place in the input. */
function gather(
  context: OperatorContext,
  { dims: from, type, values }: ConstantValue,
  dims: Numbers,
  sourceOf: (place: number[]) => Numbers,
): ConstantValue {
  return make(context, dims, type, (index) => {
    const place: number[] = [];
    for (let axis = dims.length - 1, rest = index; axis >= 0; axis--) {
      place[axis] = rest % dims[axis];
      rest = Math.floor(rest / dims[axis]);
    }
    const at = sourceOf(place)
      .reduce((sum, one, axis) => sum * from[axis] + one, 0);
    return values[at];
  });
}

const reshape = (
  dims: (context: OperatorContext, dims: Numbers) => number[],
): ImportOperator =>
(context) => {
  const value = inputOf(context, 0) as ConstantValue;
  return { ...value, dims: dims(context, value.dims) };
};

/** A Constant's value. */
function constant(context: OperatorContext): Value {
  const { attributes } = context.node;
  const tensor = attributes.get("value");
  if (isTensor(tensor)) return tensor;
  const number = attributes.get("value_float") ?? attributes.get("value_int");
  if (typeof number === "number") {
    const isFloat = attributes.has("value_float");
    return { ...(isFloat ? floats([number]) : integers([number])), dims: [] };
  }
  const list = listOf(context, "value_floats");
  if (list) return floats(list);
  const whole = listOf(context, "value_ints");
  if (whole) return integers(whole);
  throw context.refuse("its value is not of numbers");
}

/** Operators on values that are known at import, by name. */
export const FOLDING: Readonly<Record<string, ImportOperator>> = {
  Constant: constant,
  Identity: (context) => inputOf(context, 0),
  Shape(context) {
    const dims = dimsOf(inputOf(context, 0));
    const [start, end] = [
      numberOf(context, "start", 0),
      numberOf(context, "end", dims.length),
    ];
    return integers(dims.slice(start, end));
  },
  Size: (context) => ({
    ...integers([product(dimsOf(inputOf(context, 0)))]),
    dims: [],
  }),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Div: binary((a, b, whole) => whole ? Math.trunc(a / b) : a / b),
  Mod: binary((a, b) => a - Math.floor(a / b) * b),
  Pow: binary((a, b) => a ** b),
  Max: binary((a, b) => Math.max(a, b)),
  Min: binary((a, b) => Math.min(a, b)),
  Equal: compare((a, b) => a === b),
  Less: compare((a, b) => a < b),
  Greater: compare((a, b) => a > b),
  And: compare((a, b) => a !== 0 && b !== 0),
  Or: compare((a, b) => a !== 0 || b !== 0),
  Not: unary((a) => Number(a === 0)),
  Neg: unary((a) => -a),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Cast(context) {
    const [{ values, dims }] = constants(context);
    const type = numberOf(context, "to", 1);
    const isFloat = [1, 10, 11].includes(type);
    return make(
      context,
      dims,
      isFloat ? 1 : type,
      (i) => isFloat ? values[i] : Math.trunc(values[i]),
    );
  },
  Reshape: reshape(reshapedDims),
  Squeeze: reshape(squeezedDims),
  Unsqueeze: reshape(unsqueezedDims),
  Flatten: reshape(flattenedDims),
  Transpose(context) {
    const [value] = constants(context);
    const order = listOf(context, "perm") ??
      value.dims.map((_, i) => value.dims.length - 1 - i);
    return gather(
      context,
      value,
      order.map((axis) => value.dims[axis]),
      (place) => value.dims.map((_, axis) => place[order.indexOf(axis)]),
    );
  },
  Gather(context) {
    const [value, indices] = constants(context);
    const rank = value.dims.length;
    const axis = normalAxis(context, numberOf(context, "axis", 0), rank);
    const size = value.dims[axis];
    const own = indices.dims.length;
    const dims = [
      ...value.dims.slice(0, axis),
      ...indices.dims,
      ...value.dims.slice(axis + 1),
    ];
    return gather(context, value, dims, (place) => {
      const at = place.slice(axis, axis + own)
        .reduce((sum, one, i) => sum * indices.dims[i] + one, 0);
      const index = indices.values[at];
      const inside = index < 0 ? index + size : index;
      if (!(inside >= 0 && inside < size)) {
        throw context.refuse(`it has no element ${index}`);
      }
      return [...place.slice(0, axis), inside, ...place.slice(axis + own)];
    });
  },
  Concat(context) {
    const parts = constants(context);
    const rank = parts[0].dims.length;
    const axis = normalAxis(context, numberOf(context, "axis", 0), rank);
    const sizes = parts.map(({ dims }) => dims[axis]);
    const dims = parts[0].dims.with(axis, sizes.reduce((a, b) => a + b, 0));
    let start = 0;
    const starts = sizes.map((size) => (start += size) - size);
    const step = product(dims.slice(axis + 1));
    return make(context, dims, parts[0].type, (index) => {
      const inner = index % step;
      const at = Math.floor(index / step) % dims[axis];
      const outer = Math.floor(index / step / dims[axis]);
      const part = starts.findLastIndex((one) => one <= at);
      return parts[part]
        .values[(outer * sizes[part] + at - starts[part]) * step + inner];
    });
  },
  Slice(context) {
    const value = inputOf(context, 0) as ConstantValue;
    const ranges = sliceRanges(context, value.dims);
    return gather(
      context,
      value,
      ranges.map(({ count }) => count),
      (place) => place.map((one, i) => ranges[i].start + one * ranges[i].step),
    );
  },
  ConstantOfShape(context) {
    const dims = Array.from(constants(context)[0].values);
    const value = context.node.attributes.get("value");
    const filled = isTensor(value) ? value : floats([0]);
    return make(context, dims, filled.type, () => filled.values[0]);
  },
  Expand(context) {
    const [value, { values: sizes }] = constants(context);
    const dims = broadcast(context, value.dims, Array.from(sizes));
    const at = broadcastIndex(dims, value.dims);
    return make(context, dims, value.type, (i) => value.values[at(i)]);
  },
  Range(context) {
    const [start, limit, step] = constants(context).map(({ values }) =>
      values[0]
    );
    const count = Math.max(0, Math.ceil((limit - start) / step));
    const { type } = constants(context)[0];
    return make(context, [count], type, (i) => start + i * step);
  },
  Where(context) {
    const [test, a, b] = constants(context);
    const dims = broadcast(
      context,
      test.dims,
      broadcast(context, a.dims, b.dims),
    );
    const [atTest, atA, atB] = [test, a, b]
      .map(({ dims: own }) => broadcastIndex(dims, own));
    return make(
      context,
      dims,
      a.type,
      (i) => test.values[atTest(i)] ? a.values[atA(i)] : b.values[atB(i)],
    );
  },
  ReduceProd(context) {
    const [{ type, values }] = constants(context);
    const whole = numberOf(context, "keepdims", 1) === 1 ? [1] : [];
    return make(context, whole, type, () => product(Array.from(values)));
  },
};
