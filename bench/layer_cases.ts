import { flopsOf } from "../src/graph/flops_of.ts";
import { buildGraph, type Graph, nodesOf } from "../src/graph/graph.ts";
import { optimizeGraph } from "../src/graph/optimize_graph.ts";
import { pixelShuffle } from "../src/graph/layers/pixel_shuffle.ts";
import type { Parameter } from "../src/graph/parameter.ts";
import { formatShape, type Shape, type Tensor } from "../src/graph/tensor.ts";

/** A layer to be measured on its own. */
export interface LayerCase {
  /** The name of the network's first layer of this kind. */
  readonly name: string;
  /** What it computes, in words. */
  readonly layer: string;
  /** How many layers of the network are of this kind. */
  count: number;
  /** The layer as a graph. */
  readonly graph: Graph;
  /** Floating-point operations, two a multiply-add. */
  readonly flops: number;
}

/**
 * The distinct layers of a network, each as a graph of its own: convolutions with their folded batch norm and ReLU, and
 * what else is left once the network is optimised. Sums and concats are not: they are part of the convolutions then.
 */
export function layerCases(network: Graph): LayerCase[] {
  const cases = new Map<string, LayerCase>();
  for (const node of nodesOf(optimizeGraph(network))) {
    if (node.op === "input" || node.op === "concat") continue;
    const layer = describe(node);
    const known = cases.get(layer);
    if (known) {
      known.count++;
      continue;
    }
    const { name } = node;
    const graph = alone(node);
    cases.set(layer, { name, layer, count: 1, graph, flops: flopsOf(node) });
  }
  return [...cases.values()];
}

/** One layer between an input and an output, without what was fused into it but the ReLU; a shuffled store is a layer again. */
function alone(node: Tensor): Graph {
  const shapes = { input: inputShape(node) };
  return buildGraph(shapes, ({ input }) => {
    if (node.op === "resize_bilinear") {
      return { output: { ...node, inputs: [input], residual: false } };
    }
    if (node.op !== "conv2d") return { output: { ...node, inputs: [input] } };
    const { weight, bias } = node.parameters;
    const parameters: Record<string, Parameter> = { weight };
    if (bias) parameters.bias = bias;
    const plain = { ...node, inputs: [input], parameters, residual: false };
    if (!node.shuffle) return { output: plain };
    const [batch, channels, height, width] = node.shape;
    const shape: Shape = [batch, channels * 4, height / 2, width / 2];
    const conv = { ...plain, shape, shuffle: false };
    return { output: pixelShuffle(conv, { factor: 2 }) };
  });
}

/** The input's shape; of several that a convolution reads as one, that one's. */
function inputShape(node: Tensor): Shape {
  const [batch, channels, height, width] = node.inputs[0].shape;
  if (node.op !== "conv2d") return [batch, channels, height, width];
  const { shape } = node.parameters.weight;
  return [batch, shape[1] * node.groups, height, width];
}

function describe(node: Tensor): string {
  const words: string[] = [node.op];
  if (node.op === "conv2d") {
    const { kernel, stride, dilation, groups } = node;
    words.push(`${kernel}x${kernel}`);
    if (stride > 1) words.push(`stride ${stride}`);
    if (dilation > 1) words.push(`dilation ${dilation}`);
    if (groups > 1) words.push(`groups ${groups}`);
  }
  if ("relu" in node && node.relu) words.push("relu");
  if ("shuffle" in node && node.shuffle) words.push("pixel_shuffle");
  const shape = (sizes: Shape) => formatShape(sizes.slice(1));
  return `${words.join(" ")}, ${shape(inputShape(node))} -> ${
    shape(node.shape)
  }`;
}
