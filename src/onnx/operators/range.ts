import { pad2d } from "../../graph/ops/pad2d.ts";
import { resample } from "../../graph/ops/resample.ts";
import { sliceChannels } from "../../graph/ops/slice_channels.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { toImage } from "../arrange.ts";
import { normalAxis, sliceRanges } from "../sizes.ts";
import {
  constantOf,
  dimsOf,
  image,
  type ImportOperator,
  numberOf,
  numbersOf,
  type OperatorContext,
  type TensorValue,
} from "../value.ts";
import { type View, viewDims } from "../view.ts";
import { tensorOf } from "./elementwise.ts";

/** A range of an axis of a view. */
interface Range {
  readonly axis: number;
  readonly start: number;
  readonly count: number;
  readonly step?: number;
}

/** Takes a range of a view's axis. */
function take(
  context: OperatorContext,
  value: TensorValue,
  range: Range,
): TensorValue {
  const { axis, count, step = 1 } = range;
  const dims = viewDims(value.view);
  if (count === dims[axis] && step === 1) return value;
  const part = takePart(value, range) ??
    (dims.length === 4 ? takePart(image(toImage(value)), range) : undefined);
  if (part && count > 0) return part;
  throw context.refuse(`its range of axis ${axis} is not supported`);
}

/** Takes a range if the axis is the slowest part of one of the tensor's. */
function takePart(
  { tensor, view }: TensorValue,
  { axis, start, count, step = 1 }: Range,
): TensorValue | undefined {
  const [factor] = view[axis];
  const own = factor?.axis;
  if (
    view[axis].length !== 1 || own === undefined || own === 0 ||
    factor.step * factor.size !== tensor.shape[own] ||
    (step !== 1 && (own === 1 || factor.step !== 1))
  ) return undefined;
  const [first, size] = [start * factor.step, count * factor.step];
  return {
    view: view.with(
      axis,
      count === 1 ? [] : [{ axis: own, size: count, step: factor.step }],
    ),
    tensor: own === 1
      ? sliceChannels(tensor, { start: first, channels: size })
      : takeLines(tensor, { axis: own, start: first, step, count: size }),
  };
}

const slice: ImportOperator = (context) => {
  const value = tensorOf(context);
  return sliceRanges(context, dimsOf(value)).reduce(
    (rest, range, axis) => take(context, rest, { axis, ...range }),
    value,
  );
};

/** One element of an axis. */
const gather: ImportOperator = (context) => {
  const value = tensorOf(context);
  const { dims = [], values } = constantOf(context, 1) ?? { values: [] };
  const axis = normalAxis(
    context,
    numberOf(context, "axis", 0),
    value.view.length,
  );
  if (values.length !== 1) {
    throw context.refuse("only one element of an axis can be taken");
  }
  const size = viewDims(value.view)[axis];
  const start = values[0] < 0 ? values[0] + size : values[0];
  if (!(start >= 0 && start < size)) {
    throw context.refuse(`it has no element ${values[0]}`);
  }
  const one = take(context, value, { axis, start, count: 1 });
  const kept = dims.map((): View[number] => []);
  return { ...one, view: one.view.toSpliced(axis, 1, ...kept) };
};

/** Some rows or columns of a picture. */
function takeLines(
  tensor: Tensor,
  { axis, start, step, count }: Readonly<
    Record<"axis" | "start" | "step" | "count", number>
  >,
): Tensor {
  const size = tensor.shape[axis];
  if (step === 1) {
    const end = start + count - size;
    return pad2d(
      tensor,
      axis === 2 ? { top: -start, bottom: end } : { left: -start, right: end },
    );
  }
  const all = [2, 3].map((own) =>
    Array.from({ length: own === axis ? count : tensor.shape[own] }, (_, i) => {
      const first = own === axis ? start + i * step : i;
      return { first, second: first, weight: 0 };
    })
  );
  const end = start + count * step;
  const constants = Object.entries({
    starts: start,
    ends: step < 0 && end < 0 ? -size - 1 : end,
    axes: axis,
    steps: step,
  }).map(([role, value]) => ({ role, values: [BigInt(value)] }));
  const form = { operator: "Slice", constants };
  return resample(tensor, { rows: all[0], columns: all[1], form });
}

const split: ImportOperator = (context) => {
  const value = tensorOf(context);
  const rank = value.view.length;
  const axis = normalAxis(context, numberOf(context, "axis", 0), rank);
  const outputs = context.node.outputs.length;
  const size = viewDims(value.view)[axis];
  const each = Math.ceil(size / numberOf(context, "num_outputs", outputs));
  const parts = numbersOf(context, 1, "split") ??
    Array.from({ length: outputs }, (_, i) => Math.min(each, size - i * each));
  if (parts.reduce((a, b) => a + b, 0) !== size) {
    throw context.refuse(`${parts.join(", ")} do not add up to ${size}`);
  }
  let start = 0;
  return parts.map((count) => {
    const part = take(context, value, { axis, start, count });
    start += count;
    return part;
  });
};

/** Operators that take parts of values, by name. */
export const RANGES: Readonly<Record<string, ImportOperator>> = {
  Slice: slice,
  Split: split,
  Gather: gather,
};
