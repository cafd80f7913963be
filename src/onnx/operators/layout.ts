import { concat } from "../../graph/ops/concat.ts";
import { pixelShuffle } from "../../graph/ops/pixel_shuffle.ts";
import { resizeBilinear } from "../../graph/ops/resize_bilinear.ts";
import type { Shape } from "../../graph/tensor.ts";
import {
  broadcast,
  flattenedDims,
  normalAxis,
  reshapedDims,
  squeezedDims,
  unsqueezedDims,
} from "../sizes.ts";
import {
  constantOf,
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
  textOf,
} from "../value.ts";
import {
  axesOf,
  imageView,
  repeated,
  reshapeView,
  sameFactors,
  sameView,
  transposeView,
  type View,
  viewDims,
} from "../view.ts";
import { tensorOf } from "./elementwise.ts";

const transpose: ImportOperator = (context) => {
  const { tensor, view } = tensorOf(context);
  const order = listOf(context, "perm") ??
    view.map((_, i) => view.length - 1 - i);
  const isOrder = order.length === view.length &&
    order.toSorted((a, b) => a - b).every((axis, i) => axis === i);
  if (!isOrder) {
    throw context.refuse(
      `the order ${order.join(", ")} does not fit ${viewDims(view).join("×")}`,
    );
  }
  return { tensor, view: transposeView(view, order) };
};

const concatenate: ImportOperator = (context) => {
  const values = context.inputs.map((_, i) => tensorOf(context, i));
  const [first] = values;
  if (values.length === 1) return first;
  const { view } = first;
  const at = normalAxis(context, numberOf(context, "axis", 1), view.length);
  const isAlike = values.every((value) =>
    axesOf(value)[at] === 1 && value.view.length === view.length &&
    value.view.every((factors, i) => i === at || sameFactors(factors, view[i]))
  );
  if (!isAlike && (at !== 1 || view.length !== 4)) {
    throw context.refuse("only channels can be concatenated");
  }
  const tensors = values.map((value, i) =>
    isAlike ? value.tensor : imageOf(context, i)
  );
  const tensor = concat(tensors, { name: context.name });
  if (!isAlike) return image(tensor);
  return { tensor, view: view.with(at, imageView(tensor.shape)[1]) };
};

/** What repeats axes of one. */
const expand: ImportOperator = (context) => {
  const { tensor, view } = tensorOf(context);
  const asked = numbersOf(context, 1) ?? [];
  const dims = broadcast(context, viewDims(view), asked);
  const added = dims.length - view.length;
  const [batch, channels, height, width] = tensor.shape;
  const isPooled = sameView(view, imageView(tensor.shape)) && height === 1 &&
    width === 1 && added === 0 && dims[0] === batch && dims[1] === channels;
  // The branch of a pyramid that sees the whole picture; rewrites know it.
  if (isPooled) {
    return image(resizeBilinear(tensor, { size: [dims[2], dims[3]] }));
  }
  const all = [...Array<View[number]>(added).fill([]), ...view];
  return {
    tensor,
    view: all.map((factors, i) =>
      factors.length === 0 && dims[i] > 1 ? [repeated(dims[i])] : factors
    ),
  };
};

/** What repeats axes. */
const tile: ImportOperator = (context) => {
  const { tensor, view } = tensorOf(context);
  const repeats = constantOf(context, 1)?.values ?? [];
  if (repeats.length !== view.length) {
    throw context.refuse(
      `${repeats.length} repeats do not fit ${viewDims(view).join("×")}`,
    );
  }
  return {
    tensor,
    view: view.map((factors, i) =>
      repeats[i] > 1 ? [repeated(repeats[i]), ...factors] : factors
    ),
  };
};

/** A DepthToSpace or SpaceToDepth, as reshapes and a transposition. Source: ONNX, both operators. */
function shuffle(
  context: OperatorContext,
  { cut, order, joined }: {
    cut(shape: Shape, block: number): number[];
    readonly order: readonly number[];
    joined(shape: Shape, block: number): number[];
  },
): TensorValue {
  const { shape } = imageOf(context);
  const block = numberOf(context, "blocksize", 1);
  const { tensor, view } = image(imageOf(context));
  const pieces = reshapeView(view, cut(shape, block));
  const result = pieces &&
    reshapeView(transposeView(pieces, order), joined(shape, block));
  if (!result) {
    throw context.refuse(`${shape.join("×")} has no blocks of ${block}`);
  }
  return { tensor, view: result };
}

const depthToSpace: ImportOperator = (context) => {
  if (textOf(context, "mode", "DCR") === "CRD") {
    const factor = numberOf(context, "blocksize", 1);
    return image(pixelShuffle(imageOf(context), { factor }));
  }
  return shuffle(context, {
    cut: ([n, c, h, w], block) => [n, block, block, c / block ** 2, h, w],
    order: [0, 3, 4, 1, 5, 2],
    joined: ([n, c, h, w], block) => [n, c / block ** 2, h * block, w * block],
  });
};

const spaceToDepth: ImportOperator = (context) =>
  shuffle(context, {
    cut: ([n, c, h, w], block) => [n, c, h / block, block, w / block, block],
    order: [0, 3, 5, 1, 2, 4],
    joined: ([n, c, h, w], block) => [n, c * block ** 2, h / block, w / block],
  });

const cast: ImportOperator = (context) => {
  const to = numberOf(context, "to", 1);
  if ([1, 10, 11].includes(to)) return tensorOf(context);
  throw context.refuse("pictures of integers are not supported");
};

const reshape = (
  dims: (context: OperatorContext, dims: readonly number[]) => number[],
): ImportOperator =>
(context) => {
  const { tensor, view } = tensorOf(context);
  const from = viewDims(view);
  const to = dims(context, from);
  const result = reshapeView(view, to);
  if (result) return { tensor, view: result };
  throw context.refuse(`${from.join("×")} as ${to.join("×")} is not supported`);
};

/** The first output; others, such as a Dropout's mask, are not supported. */
const same: ImportOperator = (context) => {
  const value = inputOf(context, 0);
  if (isConstant(value)) throw context.refuse("its input is constant");
  if (constantOf(context, 2)?.values[0]) {
    throw context.refuse("it is in training: export the network in evaluation");
  }
  return value;
};

/** Operators that arrange values, by name. */
export const LAYOUT: Readonly<Record<string, ImportOperator>> = {
  Identity: same,
  Dropout: same,
  Cast: cast,
  Transpose: transpose,
  Concat: concatenate,
  Reshape: reshape(reshapedDims),
  Squeeze: reshape(squeezedDims),
  Unsqueeze: reshape(unsqueezedDims),
  Flatten: reshape(flattenedDims),
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  SpaceToDepth: spaceToDepth,
};
