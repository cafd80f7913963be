import {
  type ConvolutionNode,
  convolutionOf,
} from "../src/graph/fused/fused_conv2d.ts";
import type { Tf, TfTensor } from "./tfjs.ts";

/**
 * A way to compute grouped convolutions, which tfjs does not have:
 *
 * - `split`: one convolution per group, then a concat;
 * - `dense`: one convolution whose weight is zero between groups;
 * - `depthwise`: one convolution per input channel, then sums over each group.
 */
export type GroupedWay = "split" | "dense" | "depthwise";

/** All ways. */
export const groupedWays: readonly GroupedWay[] = [
  "split",
  "dense",
  "depthwise",
];

/** Computes a convolution without groups. `filter` is k×k×I×O. */
export type PlainConv = (
  x: TfTensor,
  filter: TfTensor,
  bias: TfTensor | undefined,
) => TfTensor;

/** A 1×1×I×O mask: 1 if an input and an output channel are of the same group, else 0. */
export function groupMask(
  tf: Tf,
  node: ConvolutionNode,
): TfTensor {
  const { groups, shape, weight } = convolutionOf(node);
  const [O, inputs] = weight.shape;
  const outputs = shape[1] / groups;
  const values = new Float32Array(inputs * groups * O);
  for (let o = 0; o < O; o++) {
    const first = Math.floor(o / outputs) * inputs;
    for (let i = first; i < first + inputs; i++) values[i * O + o] = 1;
  }
  return tf.tensor(values, [1, 1, inputs * groups, O]);
}

/** Transforms a grouped convolution's weight k×k×(I/groups)×O and bias for a way. */
export function groupedConstants(
  tf: Tf,
  way: GroupedWay,
  { node: { groups, kernel, shape }, weight, bias, mask }: {
    readonly node: ConvolutionNode;
    readonly weight: TfTensor;
    readonly bias?: TfTensor;
    /** From {@linkcode groupMask}. */
    readonly mask: TfTensor;
  },
): TfTensor[] {
  const biases = bias ? [bias] : [];
  const outputs = shape[1] / groups;
  const inputs = weight.shape[2];
  switch (way) {
    case "split":
      return [
        ...tf.split(weight, groups, 3),
        ...bias ? tf.split(bias, groups, 0) : [],
      ];
    case "dense":
      return [tf.mul(tf.tile(weight, [1, 1, groups, 1]), mask), ...biases];
    case "depthwise": {
      const taps = kernel * kernel;
      const split = tf.reshape(weight, [taps, inputs, groups, outputs]);
      const filter = tf.reshape(
        tf.transpose(split, [0, 2, 1, 3]),
        [kernel, kernel, inputs * groups, outputs],
      );
      return [filter, ...biases];
    }
  }
}

/** Computes a grouped convolution from {@linkcode groupedConstants}. In `split` and `dense`, `conv` computes the ReLU. */
export function groupedConv(
  tf: Tf,
  way: GroupedWay,
  { node, x, constants, conv }: {
    readonly node: ConvolutionNode;
    readonly x: TfTensor;
    readonly constants: readonly TfTensor[];
    readonly conv: PlainConv;
  },
): TfTensor {
  const { groups, stride, padding, dilation, shape } = node;
  switch (way) {
    case "split": {
      const parts = tf.split(x, groups, 3);
      return tf.concat(
        parts.map((part, i) => conv(part, constants[i], constants[groups + i])),
        3,
      );
    }
    case "dense":
      return conv(x, constants[0], constants[1]);
    case "depthwise": {
      const [filter, bias] = constants;
      const products = tf.depthwiseConv2d(
        x,
        filter,
        stride,
        padding,
        "NHWC",
        dilation,
        "floor",
      );
      const [batch, channels, height, width] = shape;
      const inputs = x.shape[3] / groups;
      const apart = [batch * height * width, groups, inputs, channels / groups];
      const sums = tf.reshape(
        tf.sum(tf.reshape(products, apart), 2),
        [batch, height, width, channels],
      );
      const biased = bias ? tf.add(sums, bias) : sums;
      return convolutionOf(node).epilogue.relu ? tf.relu(biased) : biased;
    }
  }
}

/** The fastest way, after one run each to warm up. */
export async function fastestWay(
  run: (way: GroupedWay) => Promise<void>,
): Promise<GroupedWay> {
  let best: { readonly way: GroupedWay; readonly ms: number } | undefined;
  for (const way of groupedWays) {
    await run(way);
    const start = performance.now();
    await run(way);
    const ms = performance.now() - start;
    if (!best || ms < best.ms) best = { way, ms };
  }
  return best!.way;
}
