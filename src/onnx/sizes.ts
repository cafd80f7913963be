import { product } from "../io/product.ts";
import { numberOf, numbersOf, type OperatorContext } from "./value.ts";

type Numbers = readonly number[];

/** An axis from 0. */
export function normalAxis(
  context: OperatorContext,
  axis: number,
  rank: number,
) {
  const at = axis < 0 ? axis + rank : axis;
  if (at >= 0 && at < rank) return at;
  throw context.refuse(`it has no axis ${axis}`);
}

/** The ranges of a Slice: per axis, start, step and count. */
export function sliceRanges(
  context: OperatorContext,
  dims: Numbers,
): { start: number; step: number; count: number }[] {
  const starts = numbersOf(context, 1, "starts") ?? [];
  const ends = numbersOf(context, 2, "ends") ?? [];
  const axes = numbersOf(context, 3, "axes") ?? starts.map((_, i) => i);
  const steps = numbersOf(context, 4) ?? starts.map(() => 1);
  const ranges = dims.map((count) => ({ start: 0, step: 1, count }));
  axes.forEach((axis, i) => {
    const at = normalAxis(context, axis, dims.length);
    const [size, step] = [dims[at], steps[i]];
    if (!step) throw context.refuse("its step is 0");
    const place = (value: number) => value < 0 ? value + size : value;
    const [least, most] = step > 0 ? [0, size] : [-1, size - 1];
    const clamp = (value: number) => Math.min(most, Math.max(least, value));
    const start = clamp(place(starts[i]));
    const end = ends[i] < -size ? least : clamp(place(ends[i]));
    const count = Math.max(0, Math.ceil((end - start) / step));
    ranges[at] = { start, step, count };
  });
  return ranges;
}

/** The sizes that a Reshape asks for. */
export function reshapedDims(
  context: OperatorContext,
  dims: Numbers,
): number[] {
  const asked = numbersOf(context, 1, "shape") ?? [];
  const known = asked.map((size, i) => size === 0 ? dims[i] : size);
  const rest = product(dims) / product(known.filter((size) => size !== -1));
  const result = known.map((size) => size === -1 ? rest : size);
  if (product(result) !== product(dims)) {
    throw context.refuse(`${dims.join("×")} cannot become ${asked.join("×")}`);
  }
  return result;
}

/** The axes of Squeeze and Unsqueeze, from 0. */
export function axesOf(
  context: OperatorContext,
  rank: number,
): number[] | undefined {
  return numbersOf(context, 1, "axes")
    ?.map((axis) => normalAxis(context, axis, rank)).sort((a, b) => a - b);
}

/** Sizes without, or with, axes of one. */
export function squeezedDims(
  context: OperatorContext,
  dims: Numbers,
): number[] {
  const axes = axesOf(context, dims.length);
  return dims.filter((size, i) => axes ? !axes.includes(i) : size !== 1);
}

/** Sizes with further axes of one. */
export function unsqueezedDims(
  context: OperatorContext,
  dims: Numbers,
): number[] {
  const count = numbersOf(context, 1, "axes")?.length ?? 0;
  const axes = axesOf(context, dims.length + count) ?? [];
  const result = [...dims];
  for (const axis of axes) result.splice(axis, 0, 1);
  return result;
}

/** The sizes of a result of two that are repeated to fit. */
export function broadcast(
  context: OperatorContext,
  a: Numbers,
  b: Numbers,
): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a, b].map((dims) => dims[i - rank + dims.length] ?? 1);
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    throw context.refuse(`${a.join("×")} and ${b.join("×")} do not fit`);
  });
}

/** The index in an array of `from` for that in a result of `dims`. */
export function broadcastIndex(dims: Numbers, from: Numbers) {
  return (index: number): number => {
    let at = 0;
    let step = 1;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const place = index % dims[axis];
      index = Math.floor(index / dims[axis]);
      const size = from[axis - dims.length + from.length];
      if (size === undefined) continue;
      if (size !== 1) at += place * step;
      step *= size;
    }
    return at;
  };
}

/** The two sizes that a Flatten makes: what is before its axis, and the rest. */
export function flattenedDims(
  context: OperatorContext,
  dims: Numbers,
): number[] {
  const axis = numberOf(context, "axis", 1);
  const at = axis < 0 ? axis + dims.length : axis;
  if (at < 0 || at > dims.length) {
    throw context.refuse(`it has no axis ${axis}`);
  }
  return [product(dims.slice(0, at)), product(dims.slice(at))];
}
