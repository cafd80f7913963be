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
import {
  constantOf,
  type ConstantValue,
  dimsOf,
  image,
  imageOf,
  type ImportOperator,
  numberOf,
  numbersOf,
  type OperatorContext,
} from "../value.ts";
import { axesOf, constantOperand, tensorOf } from "./elementwise.ts";
import { ownAxis } from "./layout.ts";

const batchNormalization: ImportOperator = (context) => {
  const input = imageOf(context);
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
  if (view === "image") {
    return image(normGroups(context, tensor, tensor.shape[1], tensor.shape[1]));
  }
  if (typeof view === "object" && "groups" in view) {
    const { groups } = view;
    return { view, tensor: normGroups(context, tensor, groups, groups) };
  }
  throw context.refuse("its input must be N×C×H×W, or groups of channels");
};

const groupNormalization: ImportOperator = (context) => {
  const input = imageOf(context);
  const groups = numberOf(context, "num_groups", 0);
  const counts = constantOf(context, 1)?.values.length ?? 0;
  return image(normGroups(context, input, groups, counts));
};

/** A norm over the channels of each pixel. */
const layerNormalization: ImportOperator = (context) => {
  const seen = tensorOf(context);
  const axis = numberOf(context, "axis", -1);
  const rank = dimsOf(seen).length;
  if (
    axesOf(seen).indexOf(1) !== rank - 1 || (axis !== -1 && axis !== rank - 1)
  ) {
    throw context.refuse("only a norm over the channels, last, is supported");
  }
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
    const rank = dimsOf(value).length;
    const axes = (numbersOf(context, 1, "axes") ??
      Array.from({ length: rank }, (_, i) => i))
      .map((axis) => ownAxis(context, value, axis)).sort();
    const keeps = numberOf(context, "keepdims", 1) === 1;
    const { tensor, view } = value;
    const over = axes.join();
    const [, channels, height, width] = tensor.shape;
    if (over === "1" && keeps && kind !== "max") {
      const mean = channelMean(tensor);
      return {
        view,
        tensor: kind === "mean" ? mean : times(mean, channels, context),
      };
    }
    if (over === "2,3" && (keeps || view === "image")) {
      const mean = kind === "max"
        ? globalMaxPool(tensor)
        : globalAveragePool(tensor);
      const result = kind === "sum"
        ? times(mean, height * width, context)
        : mean;
      return { view: keeps ? view : "vector", tensor: result };
    }
    throw context.refuse(
      `the axes ${axes.join(", ")} of ${
        dimsOf(value).join("×")
      } are not supported`,
    );
  };
}

function times(tensor: Tensor, factor: number, { name }: OperatorContext) {
  return pointwise("multiply", [tensor, factor], { name });
}

/** The axis of a softmax must be the channels'; before opset 13, all axes after it count as one. */
function softmaxOf(context: OperatorContext): Tensor {
  const value = tensorOf(context);
  const { opset } = context;
  const rank = dimsOf(value).length;
  const axis = numberOf(context, "axis", opset < 13 ? 1 : -1);
  const own = ownAxis(context, value, axis);
  const [, , height, width] = value.tensor.shape;
  const isLast = axis === -1 || axis === rank - 1 || height * width === 1;
  if (own === 1 && (opset >= 13 || isLast)) return channelSoftmax(value.tensor);
  throw context.refuse("only a softmax over the channels is supported");
}

/** Norms, means and softmax, by name. */
export const NORMS: Readonly<Record<string, ImportOperator>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  ReduceMean: reduce("mean"),
  ReduceSum: reduce("sum"),
  ReduceMax: reduce("max"),
  Softmax: (context) => ({
    view: tensorOf(context).view,
    tensor: softmaxOf(context),
  }),
  LogSoftmax: (context) => ({
    view: tensorOf(context).view,
    tensor: pointwise("logarithm", [softmaxOf(context)], {
      name: context.name,
    }),
  }),
};
