import {
  convolutionOf,
  fusedConv2d,
  isConvolution,
} from "../src/graph/fused/fused_conv2d.ts";
import { fuse, unfused } from "../src/graph/fused/fused_node.ts";
import { buildGraph, type Graph, nodesOf } from "../src/graph/graph.ts";
import { flopsOf, withInputs } from "../src/graph/op.ts";
import { concatOp } from "../src/graph/ops/concat.ts";
import { pixelShuffle } from "../src/graph/ops/pixel_shuffle.ts";
import { optimizeGraph } from "../src/graph/optimize_graph.ts";
import { formatShape, type Shape, type Tensor } from "../src/graph/tensor.ts";

/** A layer to measure on its own. */
export interface LayerCase {
  /** Name of the network's first such layer. */
  readonly name: string;
  /** Description of the layer. */
  readonly layer: string;
  /** Number of such layers in the network. */
  count: number;
  readonly graph: Graph;
  /** Floating-point operations; a multiply-add counts as two. */
  readonly flops: number;
}

/**
 * The distinct layers of an optimized network, each as its own graph: convolutions with folded batch norm and ReLU, and
 * the remaining layers. Sums and concats are fused into convolutions.
 */
export function layerCases(network: Graph): LayerCase[] {
  const cases = new Map<string, LayerCase>();
  for (const node of nodesOf(optimizeGraph(network))) {
    if (node.inputs.length === 0 || concatOp.is(node)) continue;
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

/** A graph of one layer with its ReLU, without other fused operations. A fused pixel shuffle becomes a layer again. */
function alone(node: Tensor): Graph {
  const shapes = { input: inputShape(node) };
  return buildGraph(shapes, ({ input }) => {
    if (!isConvolution(node)) {
      const { base, epilogue: { relu } } = unfused(node);
      const plain = withInputs(base, () => input);
      return { output: relu ? fuse(plain, { relu })! : plain };
    }
    const { epilogue: { bias, relu, shuffle }, ...layer } = convolutionOf(node);
    const [batch, channels, height, width] = node.shape;
    const output = fusedConv2d({
      ...layer,
      shape: shuffle
        ? [batch, channels * 4, height / 2, width / 2]
        : node.shape,
      sources: [{ tensor: input }],
      epilogue: { bias, relu, shuffle: false },
    });
    return { output: shuffle ? pixelShuffle(output, { factor: 2 }) : output };
  });
}

/** Shape of the input. For the inputs of a concat fused into a convolution, that of the concat. */
function inputShape(node: Tensor): Shape {
  const [batch, channels, height, width] = node.inputs[0].shape;
  if (!isConvolution(node)) return [batch, channels, height, width];
  const { weight, groups } = convolutionOf(node);
  return [batch, weight.shape[1] * groups, height, width];
}

function describe(node: Tensor): string {
  const convolution = isConvolution(node) ? convolutionOf(node) : undefined;
  const words: string[] = [];
  if (convolution) {
    const { kernel, stride, dilation, groups } = convolution;
    words.push("conv2d", `${kernel}x${kernel}`);
    if (stride > 1) words.push(`stride ${stride}`);
    if (dilation > 1) words.push(`dilation ${dilation}`);
    if (groups > 1) words.push(`groups ${groups}`);
  } else words.push(unfused(node).base.op.name);
  const { relu } = convolution?.epilogue ?? unfused(node).epilogue;
  if (relu) words.push("relu");
  if (convolution?.epilogue.shuffle) words.push("pixel_shuffle");
  const shape = (sizes: Shape) => formatShape(sizes.slice(1));
  return `${words.join(" ")}, ${shape(inputShape(node))} -> ${
    shape(node.shape)
  }`;
}
