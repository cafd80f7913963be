import { cannot } from "../errors/cannot.ts";
import { type Digit, rearrange } from "../graph/ops/rearrange.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import {
  axesOf,
  type Factor,
  imageView,
  sameView,
  splitFactor,
  type TensorValue,
  type View,
  viewDims,
} from "./view.ts";

/** What has been arranged, so that all that read a value read one tensor. */
const images = new WeakMap<TensorValue, Tensor>();

/** A tensor of at most four sizes as N×C×H×W, which has ones before what it lacks. */
export function toImage(value: TensorValue): Tensor {
  const { tensor, view: own } = value;
  const view: View = [...Array<View[number]>(4 - own.length).fill([]), ...own];
  const shape = viewDims(view) as unknown as Shape;
  const image = images.get(value) ??
    arrange({ tensor, view }, { shape, view: imageView(shape) });
  images.set(value, image);
  return image;
}

/** The tensor of a shape whose view has the values that a tensor's view has; itself if it is that. */
export function arrange(
  { tensor, view: from }: TensorValue,
  { shape, view: to }: { readonly shape: Shape; readonly view: View },
): Tensor {
  if (
    sameView(from, to) && tensor.shape.every((size, i) => size === shape[i])
  ) {
    return tensor;
  }
  const digits = from.flatMap((factors, i) => digitsOf(factors, to[i]));
  return rearrange(tensor, { shape, digits });
}

/** Two lists of factors of one size, cut so that each part of one is a part of the other. */
function digitsOf(from: readonly Factor[], to: readonly Factor[]): Digit[] {
  const [sources, targets] = [[...from], [...to]];
  const digits: Digit[] = [];
  while (sources.length > 0) {
    let [source, target] = [sources.shift()!, targets.shift()!];
    const [more, less] = [source.size, target.size].sort((a, b) => b - a);
    if (more % less !== 0) {
      throw cannot(
        "import an ONNX file",
        `sizes that do not divide each other, ${more} and ${less}, would be rearranged, which is not supported`,
        { kind: TypeError },
      );
    }
    if (source.size > target.size) {
      const [outer, inner] = splitFactor(source, target.size);
      source = outer;
      sources.unshift(inner);
    } else if (target.size > source.size) {
      const [outer, inner] = splitFactor(target, source.size);
      target = outer;
      targets.unshift(inner);
    }
    digits.push({
      size: source.size,
      outputAxis: target.axis!,
      outputStep: target.step,
      inputAxis: source.axis,
      inputStep: source.step,
    });
  }
  return digits;
}

/** A tensor whose last size is its channels. */
export function channelsLast(value: TensorValue): TensorValue {
  const rank = value.view.length;
  if (axesOf(value)[rank - 1] === 1) return value;
  const dims = viewDims(value.view);
  const order = [0, 2, 3].slice(0, rank - 1);
  const shape = [1, dims[rank - 1], 1, 1];
  order.forEach((axis, i) => shape[axis] = dims[i]);
  const full = imageView(shape as unknown as Shape);
  const view = [...order, 1].map((axis) => full[axis]);
  const to = { shape: shape as unknown as Shape, view };
  return { tensor: arrange(value, to), view };
}
