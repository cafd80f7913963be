import { type Graph, nodesOf } from "../src/graph/graph.ts";
import type { BatchNormNode } from "../src/graph/layers/batch_norm.ts";
import type { Conv2dNode } from "../src/graph/layers/conv2d.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import type { Tf, TfTensor } from "./tfjs.ts";
import { groupedConv, type GroupedWay } from "./tfjs_grouped_conv.ts";

/** What differs between inference and training. */
export interface TfjsLayers {
  /** A convolution's weights as {@linkcode groupedConstants} makes them, or plain: weight and bias. */
  constants(node: Conv2dNode): readonly TfTensor[];
  /** How a grouped convolution is computed. */
  way(node: Conv2dNode): GroupedWay;
  /** A batch norm without its ReLU. */
  batchNorm(node: BatchNormNode, x: TfTensor): TfTensor;
  /** Whether gradients are wanted: dropout drops, and convolutions are such that tfjs knows their gradient. */
  readonly training: boolean;
}

/** Runs a graph by tfjs, a layer an operation; images are N×H×W×C. */
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
    results.set(
      node,
      node.op === "input" ? inputs[node.name] : layer(tf, node, {
        given,
        layers,
      }),
    );
  }
  return results.get(Object.values(graph.outputs)[0])!;
}

function layer(
  tf: Tf,
  node: Tensor,
  { given, layers }: {
    readonly given: readonly TfTensor[];
    readonly layers: TfjsLayers;
  },
): TfTensor {
  const [x, y] = given;
  const [batch, channels, height, width] = node.shape;
  const activate = (z: TfTensor) =>
    "relu" in node && node.relu ? tf.relu(z) : z;
  switch (node.op) {
    case "input":
      throw new TypeError("unreachable: inputs are given");
    case "conv2d":
      if (
        node.residual || node.parameters.scale || node.shuffle ||
        given.length > 1
      ) {
        throw new TypeError(
          `Cannot run "${node.name}" by tfjs as layers must be plain: received a fused conv2d`,
        );
      }
      return layers.training && node.dilation > 1
        ? dilated(tf, node, { x, layers })
        : convolve(tf, node, { x, layers });
    case "batch_norm":
      return activate(layers.batchNorm(node, x));
    case "relu":
      return tf.relu(x);
    case "sigmoid":
      return tf.sigmoid(x);
    case "add":
      return activate(tf.add(x, y));
    case "concat":
      return tf.concat([...given], 3);
    case "max_pool2d":
      return tf.maxPool(x, node.kernel, node.stride, node.padding, "floor");
    case "global_max_pool":
      return tf.max(x, [1, 2], true);
    case "pixel_shuffle": {
      // Its own depthToSpace orders channels otherwise, and has no gradient; it would be one kernel as well.
      const { factor } = node;
      const [rows, columns] = [height / factor, width / factor];
      const apart = [batch, rows, columns, channels, factor, factor];
      const moved = tf.transpose(tf.reshape(x, apart), [0, 1, 4, 2, 5, 3]);
      return tf.reshape(moved, [batch, height, width, channels]);
    }
    case "resize_bilinear": {
      const size: [number, number] = [height, width];
      return tf.image.resizeBilinear(x, size, false, true);
    }
    case "dropout2d":
      return layers.training
        ? tf.dropout(x, node.probability, [batch, 1, 1, channels])
        : x;
  }
}

/** A convolution's arithmetic, whichever way it goes. */
export function convolve(
  tf: Tf,
  node: Conv2dNode,
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
      activation: node.relu ? "relu" : "linear",
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

/** A dilated convolution as a plain one of every n-th pixel, n the dilation, as tfjs has no gradient of dilated ones. */
function dilated(
  tf: Tf,
  node: Conv2dNode,
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
  const plain: Conv2dNode = {
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
