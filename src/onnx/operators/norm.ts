import { pixelSoftmax } from "../../graph/ops/attention.ts";
import { batchNorm } from "../../graph/ops/batch_norm.ts";
import { globalMaxPool } from "../../graph/ops/global_max_pool.ts";
import { groupNorm } from "../../graph/ops/group_norm.ts";
import {
  channelMean,
  channelSoftmax,
  globalAveragePool,
} from "../../graph/ops/mean.ts";
import { pointwise } from "../../graph/ops/pointwise.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { channelsLast, toImage } from "../arrange.ts";
import { normalAxis } from "../sizes.ts";
import {
  constantOf,
  type ConstantValue,
  image,
  imageOf,
  type ImportOperator,
  numberOf,
  numbersOf,
  type OperatorContext,
  type TensorValue,
} from "../value.ts";
import {
  type Factor,
  imageView,
  reshapeView,
  sameView,
  viewDims,
} from "../view.ts";
import { constantOperand, tensorOf } from "./elementwise.ts";

const batchNormalization: ImportOperator = (context) => {
  const input = imageOf(context);
  if (numberOf(context, "training_mode", 0) !== 0) {
    throw context.refuse("it is in training: export the network in evaluation");
  }
  const [, channels] = input.shape;
  const { name } = context;
  ["weight", "bias", "running_mean", "running_var"].forEach((role, i) =>
    context.parameter(
      `${name}.${role}`,
      [channels],
      perChannel(context, i + 1, channels),
    )
  );
  const epsilon = numberOf(context, "epsilon", 1e-5);
  return image(batchNorm(input, { name, epsilon }));
};

/** An input of one number per channel. */
function perChannel(
  context: OperatorContext,
  index: number,
  channels: number,
): () => Float32Array {
  const values = constantOf(context, index)?.values;
  if (values?.length === channels) return () => Float32Array.from(values);
  throw context.refuse(`its input ${index} must have ${channels} numbers`);
}

/** The norm of groups of channels, with one weight and bias per group, or per channel. */
function normGroups(
  context: OperatorContext,
  input: Tensor,
  groups: number,
  counts: number,
): Tensor {
  const [, channels] = input.shape;
  const spread = (index: number) => {
    const own = perChannel(context, index, counts);
    return () => {
      const values = own();
      return Float32Array.from(
        { length: channels },
        (_, i) => values[Math.floor(i * counts / channels)],
      );
    };
  };
  const { name } = context;
  return groupNorm(input, {
    name,
    groups,
    epsilon: numberOf(context, "epsilon", 1e-5),
    weight: context.parameter(`${name}.weight`, [channels], spread(1)),
    bias: context.parameter(`${name}.bias`, [channels], spread(2)),
  });
}

const instanceNormalization: ImportOperator = (context) => {
  const { tensor, view } = tensorOf(context);
  const groups = groupsOf({ tensor, view });
  if (groups === undefined) {
    const input = imageOf(context);
    return image(normGroups(context, input, input.shape[1], input.shape[1]));
  }
  return { view, tensor: normGroups(context, tensor, groups, groups) };
};

/** How many groups a view shows whose last sizes are the rest of the channels, and the pixels. */
function groupsOf({ tensor, view }: TensorValue): number | undefined {
  const [batch, groups = 0] = viewDims(view);
  const [n, c] = tensor.shape;
  const rest = reshapeView(imageView(tensor.shape), viewDims(view));
  return batch === n && c % groups === 0 && rest && sameView(rest, view)
    ? groups
    : undefined;
}

const groupNormalization: ImportOperator = (context) => {
  const input = imageOf(context);
  const groups = numberOf(context, "num_groups", 0);
  const counts = constantOf(context, 1)?.values.length ?? 0;
  return image(normGroups(context, input, groups, counts));
};

/** A norm over the channels of each pixel. */
const layerNormalization: ImportOperator = (context) => {
  const input = tensorOf(context);
  const rank = input.view.length;
  const axis = numberOf(context, "axis", -1);
  if (rank > 4 || (axis !== -1 && axis !== rank - 1)) {
    throw context.refuse("only a norm over the last size is supported");
  }
  const seen = channelsLast(input);
  const { tensor: x, view } = seen;
  let count = 0;
  const f = (...[name, operands]: Parameters<typeof pointwise>) =>
    pointwise(name, operands, { name: `${context.name}.${count++}` });
  const apply = (
    name: "add" | "multiply",
    to: Tensor,
    constant: ConstantValue | undefined,
    role: string,
  ) =>
    constant
      ? pointwise(name, [to, constantOperand(context, constant, seen, role)], {
        name: `${context.name}.${role}`,
      })
      : to;
  const name = { name: "" };
  const centered = f("subtract", [x, channelMean(x)], name);
  const variance = channelMean(f("power", [centered, 2], name));
  const epsilon = numberOf(context, "epsilon", 1e-5);
  const deviation = f(
    "squareRoot",
    [f("add", [variance, epsilon], name)],
    name,
  );
  const scaled = apply(
    "multiply",
    f("divide", [centered, deviation], name),
    constantOf(context, 1),
    "weight",
  );
  return { view, tensor: apply("add", scaled, constantOf(context, 2), "bias") };
};

/** Means and the like: over the pixels of each channel, or the channels of each pixel. */
function reduce(
  kind: "mean" | "sum" | "max",
): ImportOperator {
  return (context) => {
    const value = tensorOf(context);
    const { tensor, view } = value;
    const asked = numbersOf(context, 1, "axes");
    if (!asked && numberOf(context, "noop_with_empty_axes", 0) === 1) {
      return value;
    }
    const axes = (asked ?? view.map((_, i) => i))
      .map((axis) => normalAxis(context, axis, view.length));
    const over = coveredAxes(tensor, axes.flatMap((axis) => view[axis]));
    const keeps = numberOf(context, "keepdims", 1) === 1;
    const [, channels, height, width] = tensor.shape;
    const result = over === ""
      ? tensor
      : over === "1" && kind !== "max"
      ? times(channelMean(tensor), kind === "sum" ? channels : 1, context)
      : over === "2,3" && kind === "max"
      ? globalMaxPool(tensor)
      : over === "2,3"
      ? times(
        globalAveragePool(tensor),
        kind === "sum" ? height * width : 1,
        context,
      )
      : undefined;
    if (!result) {
      throw context.refuse(
        `the axes ${axes.join(", ")} of ${
          viewDims(view).join("×")
        } are not supported`,
      );
    }
    return {
      tensor: result,
      view: view.flatMap((factors, i) =>
        axes.includes(i) ? keeps ? [[]] : [] : [factors]
      ),
    };
  };
}

/** The tensor's axes that factors have all of: none, the channels ("1") or the pixels ("2,3"), else `undefined`. */
function coveredAxes(
  { shape: [, , height, width] }: Tensor,
  factors: readonly Factor[],
): string | undefined {
  const whole = factors.every(({ step }) => step === 1);
  const axes = factors.map(({ axis }) => axis).sort().join();
  // A side of one pixel has no factor.
  const pixels = [height > 1 ? "2" : "", width > 1 ? "3" : ""]
    .filter(Boolean).join();
  if (axes === "") return "";
  return whole && axes === "1"
    ? "1"
    : whole && axes === pixels
    ? "2,3"
    : undefined;
}

function times(tensor: Tensor, factor: number, { name }: OperatorContext) {
  return factor === 1
    ? tensor
    : pointwise("multiply", [tensor, factor], { name });
}

/** A softmax over channels, rows or pixels. Before opset 13, all axes after its axis count as one. */
const softmax: ImportOperator = (context) => {
  const value = tensorOf(context);
  const { tensor, view } = value;
  const rank = view.length;
  const { opset } = context;
  const axis = numberOf(context, "axis", opset < 13 ? 1 : -1);
  const at = normalAxis(context, axis, rank);
  const after = view.slice(at + 1).flat();
  const over = coveredAxes(tensor, view[at]);
  if (opset >= 13 || after.length === 0) {
    if (over === "1") return { tensor: channelSoftmax(tensor), view };
    if (over === "2,3") return { tensor: pixelSoftmax(tensor, "pixels"), view };
    if (at === rank - 1 && rank <= 4) {
      const rows = pixelSoftmax(toImage(value), "rows");
      return { tensor: rows, view: imageView(rows.shape).slice(4 - rank) };
    }
  }
  throw context.refuse(
    "only a softmax over the channels, or over the last size, is supported",
  );
};

/** Norms, means and softmax, by name. */
export const NORMS: Readonly<Record<string, ImportOperator>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  ReduceMean: reduce("mean"),
  ReduceSum: reduce("sum"),
  ReduceMax: reduce("max"),
  Softmax: softmax,
  LogSoftmax(context) {
    const { tensor, view } = softmax(context) as TensorValue;
    const { name } = context;
    return { view, tensor: pointwise("logarithm", [tensor], { name }) };
  },
};
