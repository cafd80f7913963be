import { cannot } from "../src/errors/cannot.ts";
import { type Graph, nodesOf } from "../src/graph/graph.ts";
import {
  type ConvolutionNode,
  convolutionOf,
  isConvolution,
} from "../src/graph/fused/fused_conv2d.ts";
import type { BatchNormNode } from "../src/graph/ops/batch_norm.ts";
import type { Dropout2dNode } from "../src/graph/ops/dropout2d.ts";
import type { MaxPool2dNode } from "../src/graph/ops/max_pool2d.ts";
import type { PixelShuffleNode } from "../src/graph/ops/pixel_shuffle.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import type { Tf, TfTensor } from "./tfjs.ts";
import { groupedConv, type GroupedWay } from "./tfjs_grouped_conv.ts";

/** Operations that differ between inference and training. */
export interface TfjsLayers {
  /** A convolution's weight and bias, or for groups the result of {@linkcode groupedConstants}. */
  constants(node: ConvolutionNode): readonly TfTensor[];
  /** The way to compute a grouped convolution. */
  way(node: ConvolutionNode): GroupedWay;
  /** Computes a batch norm, without its ReLU. */
  batchNorm(node: BatchNormNode, x: TfTensor): TfTensor;
  /** Whether this is training: dropout is active, and convolutions are of kinds that have gradients in tfjs. */
  readonly training: boolean;
}

/** Runs a graph in tfjs, one operation per layer. Images are N×H×W×C. */
export function runTfjs(
  tf: Tf,
  graph: Graph,
  { inputs, layers }: {
    readonly inputs: Readonly<Record<string, TfTensor>>;
    readonly layers: TfjsLayers;
  },
): TfTensor {
  const results = new Map<Tensor, TfTensor>();
  for (const node of nodesOf(graph)) {
    const given = node.inputs.map((input) => results.get(input)!);
    results.set(node, inputs[node.name] ?? layer(tf, node, { given, layers }));
  }
  return results.get(Object.values(graph.outputs)[0])!;
}

interface LayerOptions {
  readonly given: readonly TfTensor[];
  readonly layers: TfjsLayers;
}

function layer(tf: Tf, node: Tensor, options: LayerOptions): TfTensor {
  if (!isConvolution(node)) {
    const run = LAYERS[node.op.name];
    if (run) return run(tf, node, options);
    throw cannot(
      `run layer "${node.name}" in tfjs`,
      `it has no ${node.op.name}`,
      { kind: TypeError },
    );
  }
  const { given: [x], layers } = options;
  const { sources, epilogue: { residual, norm, shuffle } } = convolutionOf(
    node,
  );
  if (residual || norm || shuffle || sources.length > 1) {
    throw cannot(
      `run layer "${node.name}" in tfjs`,
      "it must be a conv2d without fused operations",
      { kind: TypeError },
    );
  }
  return layers.training && node.dilation > 1
    ? dilated(tf, node, { x, layers })
    : convolve(tf, node, { x, layers });
}

/** Implementations of layers, by op. */
const LAYERS: Readonly<
  Record<string, (tf: Tf, node: Tensor, options: LayerOptions) => TfTensor>
> = {
  batch_norm: (_, node, { given: [x], layers }) =>
    layers.batchNorm(node as BatchNormNode, x),
  relu: (tf, _, { given: [x] }) => tf.relu(x),
  sigmoid: (tf, _, { given: [x] }) => tf.sigmoid(x),
  add: (tf, _, { given: [x, y] }) => tf.add(x, y),
  concat: (tf, _, { given }) => tf.concat([...given], 3),
  max_pool2d(tf, node, { given: [x] }) {
    const { kernel, stride, padding } = node as MaxPool2dNode;
    return tf.maxPool(x, kernel, stride, padding, "floor");
  },
  global_max_pool: (tf, _, { given: [x] }) => tf.max(x, [1, 2], true),
  pixel_shuffle(tf, node, { given: [x] }) {
    // Its depthToSpace orders channels differently and has no gradient; it would be one kernel as well.
    const { factor, shape } = node as PixelShuffleNode;
    const [batch, channels, height, width] = shape;
    const [rows, columns] = [height / factor, width / factor];
    const apart = [batch, rows, columns, channels, factor, factor];
    const moved = tf.transpose(tf.reshape(x, apart), [0, 1, 4, 2, 5, 3]);
    return tf.reshape(moved, [batch, height, width, channels]);
  },
  resize_bilinear(tf, { shape: [, , height, width] }, { given: [x] }) {
    return tf.image.resizeBilinear(x, [height, width], false, true);
  },
  dropout2d(tf, node, { given: [x], layers }) {
    const { probability, shape: [batch, channels] } = node as Dropout2dNode;
    return layers.training
      ? tf.dropout(x, probability, [batch, 1, 1, channels])
      : x;
  },
};

/** A convolution, with or without groups. */
export function convolve(
  tf: Tf,
  node: ConvolutionNode,
  { x, layers }: {
    readonly x: TfTensor;
    readonly layers: Pick<TfjsLayers, "constants" | "way">;
  },
): TfTensor {
  const conv = (part: TfTensor, filter: TfTensor, bias?: TfTensor) =>
    tf.fused.conv2d({
      x: part,
      filter,
      bias,
      activation: convolutionOf(node).epilogue.relu ? "relu" : "linear",
      strides: node.stride,
      pad: node.padding,
      dilations: node.dilation,
      dimRoundingMode: "floor",
    });
  const constants = layers.constants(node);
  return node.groups === 1
    ? conv(x, constants[0], constants[1])
    : groupedConv(tf, layers.way(node), { node, x, constants, conv });
}

/** A dilated convolution as one without dilation on every n-th pixel: tfjs has no gradient of dilated convolutions. */
function dilated(
  tf: Tf,
  node: ConvolutionNode,
  { x, layers }: { readonly x: TfTensor; readonly layers: TfjsLayers },
): TfTensor {
  const { dilation, padding, kernel, shape: [batch, channels, ...size] } = node;
  const ends = x.shape.slice(1, 3).map((side) =>
    (dilation - (side + 2 * padding) % dilation) % dilation
  );
  const block = [dilation, dilation];
  const pads = ends.map((end) => [padding, padding + end]);
  const apart = tf.spaceToBatchND(x, block, pads);
  const sides = apart.shape.slice(1, 3).map((side) => side - kernel + 1);
  const plain: ConvolutionNode = {
    ...node,
    dilation: 1,
    padding: 0,
    shape: [batch * dilation ** 2, channels, sides[0], sides[1]],
  };
  const convolved = convolve(tf, plain, {
    x: apart,
    layers: { ...layers, constants: () => layers.constants(node) },
  });
  const crops = sides.map((side, i) => [0, side * dilation - size[i]]);
  return tf.batchToSpaceND(convolved, block, crops);
}
