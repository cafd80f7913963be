import type { Shape, Tensor } from "../graph/tensor.ts";

/**
 * A part of an axis: a position along it is the sum of its parts' positions times their steps. Axes are those of the graph's
 * tensor, N C H W; `undefined` is a part along which values are repeated.
 */
export interface Factor {
  readonly axis: number | undefined;
  readonly size: number;
  readonly step: number;
}

/** How a tensor's values lie in sizes of any number: for each, its factors, the slowest first. */
export type View = readonly (readonly Factor[])[];

/** A tensor of the graph. */
export interface TensorValue {
  readonly tensor: Tensor;
  readonly view: View;
}

/** The axes N C H W as they are, those of one value as nothing. */
export function imageView(shape: Shape): View {
  return shape.map((size, axis) => size === 1 ? [] : [{ axis, size, step: 1 }]);
}

/** A tensor as it is. */
export function image(tensor: Tensor): TensorValue {
  return { tensor, view: imageView(tensor.shape) };
}

/** The sizes that a view shows. */
export function viewDims(view: View): number[] {
  return view.map((factors) =>
    factors.reduce((product, { size }) => product * size, 1)
  );
}

const isSame = (a: Factor, b: Factor) =>
  a.axis === b.axis && a.size === b.size && a.step === b.step;

/** Whether two lists of factors are the same. */
export function sameFactors(
  a: readonly Factor[],
  b: readonly Factor[],
): boolean {
  return a.length === b.length && a.every((one, i) => isSame(one, b[i]));
}

/** Whether two views are the same. */
export function sameView(a: View, b: View): boolean {
  return a.length === b.length && a.every((one, i) => sameFactors(one, b[i]));
}

/** A view with other sizes, in the same order; `undefined` if a size would take part of a factor that it does not divide. */
export function reshapeView(
  view: View,
  dims: readonly number[],
): View | undefined {
  const rest = view.flat();
  const result: Factor[][] = [];
  for (const size of dims) {
    const own: Factor[] = [];
    for (let left = size; left > 1;) {
      const next = rest.shift();
      if (!next) return undefined;
      if (left % next.size === 0) {
        own.push(next);
        left /= next.size;
      } else if (next.size % left === 0) {
        const [outer, inner] = splitFactor(next, left);
        own.push(outer);
        rest.unshift(inner);
        left = 1;
      } else return undefined;
    }
    result.push(merge(own));
  }
  return rest.length === 0 ? result : undefined;
}

/** A factor as two, of which the outer one has a size. */
export function splitFactor(
  { axis, size, step }: Factor,
  outer: number,
): [Factor, Factor] {
  const inner = size / outer;
  return [
    { axis, size: outer, step: axis === undefined ? 0 : step * inner },
    { axis, size: inner, step },
  ];
}

function merge(factors: readonly Factor[]): Factor[] {
  const merged: Factor[] = [];
  for (const factor of factors) {
    const last = merged.at(-1);
    if (
      last && last.axis === factor.axis &&
      last.step === factor.step * factor.size
    ) {
      merged.pop();
      merged.push({ ...factor, size: last.size * factor.size });
    } else merged.push(factor);
  }
  return merged;
}

/** A view whose axes are in another order. */
export function transposeView(view: View, order: readonly number[]): View {
  return order.map((axis) => view[axis]);
}

/** A factor along which values are repeated. */
export function repeated(size: number): Factor {
  return { axis: undefined, size, step: 0 };
}

/** For each size of a view the axis that it is, if it is all of one; sizes of one stand for an axis that no other is. */
export function axesOf(
  { tensor: { shape }, view }: TensorValue,
): readonly (number | undefined)[] {
  const whole = view.map((factors) => {
    const [{ axis, size, step } = repeated(1), ...others] = factors;
    const isWhole = axis !== undefined && others.length === 0 && step === 1 &&
      size === shape[axis];
    return isWhole ? axis : undefined;
  });
  const free = [0, 1, 2, 3]
    .filter((axis) => shape[axis] === 1 && !whole.includes(axis));
  return whole.map((axis, i) => {
    if (axis !== undefined || view[i].length > 0) return axis;
    const at = Math.max(0, free.indexOf(i));
    return free.splice(at, 1)[0];
  });
}
