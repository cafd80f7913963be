import { concat } from "../../graph/ops/concat.ts";
import { pad2d } from "../../graph/ops/pad2d.ts";
import { resample } from "../../graph/ops/resample.ts";
import { resizeBilinear } from "../../graph/ops/resize_bilinear.ts";
import { sliceChannels } from "../../graph/ops/slice_channels.ts";
import type { Tensor } from "../../graph/tensor.ts";
import {
  flattenedDims,
  reshapedDims,
  sliceRanges,
  squeezedDims,
  unsqueezedDims,
} from "../sizes.ts";
import {
  dimsOf,
  image,
  imageOf,
  type ImportOperator,
  inputOf,
  isConstant,
  listOf,
  numberOf,
  numbersOf,
  type OperatorContext,
  type TensorValue,
} from "../value.ts";
import { axesOf, tensorOf } from "./elementwise.ts";

const sameDims = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** A tensor seen with other sizes, if that is one of the views. */
function seenAs(
  context: OperatorContext,
  value: TensorValue,
  dims: readonly number[],
): TensorValue {
  const { tensor } = value;
  const { shape: [n, c, h, w] } = tensor;
  if (sameDims(dims, dimsOf(value))) return value;
  const isOrdered = typeof value.view === "string" || "groups" in value.view ||
    (n === 1 && h === 1 && w === 1);
  if (isOrdered && sameDims(dims, [n, c, h, w])) return image(tensor);
  if (isOrdered && h === 1 && w === 1 && sameDims(dims, [n, c])) {
    return { tensor, view: "vector" };
  }
  const [, groups] = dims;
  if (
    isOrdered && dims.length === 3 && dims[0] === n && groups > 0 &&
    c % groups === 0
  ) return { tensor, view: { groups } };
  throw context.refuse(
    `${dimsOf(value).join("×")} as ${dims.join("×")} is not supported`,
  );
}

const transpose: ImportOperator = (context) => {
  const value = tensorOf(context);
  const rank = dimsOf(value).length;
  const order = listOf(context, "perm") ??
    Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const axes = order.map((axis) => axesOf(value)[axis]);
  if (rank !== 4 || axes.includes(undefined as never)) {
    throw context.refuse(
      `the order ${order.join(", ")} of ${
        dimsOf(value).join("×")
      } is not supported`,
    );
  }
  const { tensor } = value;
  return axes.every((axis, i) => axis === i)
    ? image(tensor)
    : { tensor, view: { axes } };
};

/** The tensor's own axis, N C H W, for an axis of its view. */
export function ownAxis(
  context: OperatorContext,
  value: TensorValue,
  axis: number,
): number {
  const rank = dimsOf(value).length;
  const at = axis < 0 ? axis + rank : axis;
  const own = axesOf(value)[at];
  if (own !== undefined) return own;
  throw context.refuse(
    `axis ${axis} of ${dimsOf(value).join("×")} is not supported`,
  );
}

const concatenate: ImportOperator = (context) => {
  const values = context.inputs.map((_, i) => tensorOf(context, i));
  const [first] = values;
  const axis = ownAxis(context, first, numberOf(context, "axis", 1));
  if (values.length === 1) return first;
  if (
    axis !== 1 ||
    values.some((value) => axesOf(value).join() !== axesOf(first).join())
  ) {
    throw context.refuse("only channels can be concatenated");
  }
  const tensors = values.map(({ tensor }) => tensor);
  return { view: first.view, tensor: concat(tensors, { name: context.name }) };
};

const slice: ImportOperator = (context) => {
  const value = tensorOf(context);
  const ranges = sliceRanges(context, dimsOf(value));
  let { tensor } = value;
  for (const [axis, { start, step, count }] of ranges.entries()) {
    const own = ownAxis(context, value, axis);
    if (count === tensor.shape[own] && step === 1) continue;
    if (count === 0 || own === 0 || (own === 1 && step !== 1)) {
      throw context.refuse(`its range of axis ${axis} is not supported`);
    }
    tensor = own === 1
      ? sliceChannels(tensor, { start, channels: count })
      : takeLines(tensor, { axis: own, start, step, count });
  }
  return { view: value.view, tensor };
};

/** Every so many rows or columns of a picture. */
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
  const axis = numberOf(context, "axis", 0);
  const own = ownAxis(context, value, axis);
  const { tensor, view } = value;
  const count = context.node.outputs.length;
  const size = tensor.shape[own];
  const each = Math.ceil(size / numberOf(context, "num_outputs", count));
  const parts = numbersOf(context, 1, "split") ??
    Array.from({ length: count }, (_, i) => Math.min(each, size - i * each));
  if (own !== 1 || parts.reduce((a, b) => a + b, 0) !== size) {
    throw context.refuse("only channels can be split, into parts that add up");
  }
  let start = 0;
  return parts.map((channels) => {
    const part = sliceChannels(tensor, { start, channels });
    start += channels;
    return { view, tensor: part };
  });
};

/** What repeats a picture of one pixel. */
const expand: ImportOperator = (context) => {
  const tensor = imageOf(context);
  const asked = numbersOf(context, 1) ?? [];
  const dims = tensor.shape.map((size, i) =>
    Math.max(size, asked[i - 4 + asked.length] ?? 1)
  );
  if (sameDims(dims, tensor.shape)) return image(tensor);
  const [n, c, h, w] = tensor.shape;
  if (dims[0] === n && dims[1] === c && h === 1 && w === 1) {
    return image(resizeBilinear(tensor, { size: [dims[2], dims[3]] }));
  }
  throw context.refuse(
    `${tensor.shape.join("×")} cannot be repeated to ${dims.join("×")}`,
  );
};

const cast: ImportOperator = (context) => {
  const to = numberOf(context, "to", 1);
  if ([1, 10, 11].includes(to)) return tensorOf(context);
  throw context.refuse("pictures of integers are not supported");
};

const reshape = (
  dims: (context: OperatorContext, dims: readonly number[]) => number[],
): ImportOperator =>
(context) => {
  const value = tensorOf(context);
  return seenAs(context, value, dims(context, dimsOf(value)));
};

/** The first output; others, such as a Dropout's mask, are not supported. */
const same: ImportOperator = (context) => {
  const value = inputOf(context, 0);
  if (isConstant(value)) throw context.refuse("its input is constant");
  return value;
};

/** Operators that arrange values, by name. */
export const LAYOUT: Readonly<Record<string, ImportOperator>> = {
  Identity: same,
  Dropout: same,
  Cast: cast,
  Transpose: transpose,
  Concat: concatenate,
  Slice: slice,
  Split: split,
  Reshape: reshape(reshapedDims),
  Squeeze: reshape(squeezedDims),
  Unsqueeze: reshape(unsqueezedDims),
  Flatten: reshape(flattenedDims),
  Expand: expand,
};
