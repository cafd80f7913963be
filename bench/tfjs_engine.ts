import {
  type ConvolutionNode,
  convolutionOf,
  isConvolution,
} from "../src/graph/fused/fused_conv2d.ts";
import { type Graph, nodesOf } from "../src/graph/graph.ts";
import { batchNormOp } from "../src/graph/ops/batch_norm.ts";
import { optimizeGraph, rewriteNames } from "../src/graph/optimize_graph.ts";
import { rewriteGraph } from "../src/graph/rewrite_graph.ts";
import { fuseRelu } from "../src/graph/rewrites/fuse.ts";
import { evaluateParameter, type Parameter } from "../src/graph/tensor.ts";
import type { Engine, Prepared, PrepareOptions, Work } from "./engine.ts";
import {
  loadTfjs,
  settleTfjs,
  type Tf,
  TFJS_VERSION,
  type TfTensor,
} from "./tfjs.ts";
import { convolve, runTfjs, type TfjsLayers } from "./tfjs_graph.ts";
import {
  fastestWay,
  groupedConstants,
  type GroupedWay,
  groupedWays,
  groupMask,
} from "./tfjs_grouped_conv.ts";
import { compileTfjsTraining } from "./tfjs_training.ts";
import { watchAdapter } from "./watch_adapter.ts";

/**
 * tfjs with its WebGPU backend, in f32, its only precision. Graphs are prepared as by its converter: batch norms are
 * folded, and ReLUs fused into convolutions. Grouped convolutions, which it does not have, are computed in the way that is
 * fastest for their shape.
 *
 * It requests its own adapter, which is passed to `onAdapter`.
 *
 * @throws {Error} If the packages cannot be loaded.
 */
export async function tfjsEngine(
  { onAdapter }: { readonly onAdapter: (info: GPUAdapterInfo) => void },
): Promise<Engine> {
  watchAdapter(onAdapter);
  const tf = await loadTfjs();
  const ways = new Map<string, GroupedWay>();
  return {
    name: "tfjs",
    version: TFJS_VERSION,
    precisions: ["f32"],
    prepare: (work, options) => prepare(tf, work, { ...options, ways }),
    prepareTraining: (work) => compileTfjsTraining(tf, work),
  };
}

async function prepare(
  tf: Tf,
  { graph: plain, values, inputs }: Work,
  { timedRuns, ways }: PrepareOptions & {
    readonly ways: Map<string, GroupedWay>;
  },
): Promise<Prepared> {
  const graph = fold(plain);
  for (const node of nodesOf(graph)) {
    if (!isConvolution(node) || node.groups === 1) continue;
    const key = keyOf(node);
    if (!ways.has(key)) ways.set(key, await chooseWay(tf, node));
  }
  const way = (node: ConvolutionNode) => ways.get(keyOf(node))!;
  const owned: TfTensor[] = [];
  const own = <T extends readonly TfTensor[]>(tensors: T): T => {
    owned.push(...tensors);
    return tensors;
  };
  const constant = (parameter: Parameter): TfTensor => {
    const data = evaluateParameter(parameter, values);
    const tensor = tf.tensor(data, parameter.shape);
    return parameter.shape.length === 4
      ? tf.transpose(tensor, [2, 3, 1, 0])
      : tensor;
  };
  const constants = new Map(
    nodesOf(graph).map((node) => {
      const made = tf.tidy(() => {
        if (batchNormOp.is(node)) {
          const { weight, bias, mean, variance } = node.parameters;
          return [mean, variance, bias, weight].map(constant);
        }
        if (!isConvolution(node)) return [];
        const { weight, epilogue: { bias } } = convolutionOf(node);
        const all = [weight, ...bias ? [bias] : []].map(constant);
        return node.groups === 1 ? all : groupedConstants(tf, way(node), {
          node,
          weight: all[0],
          bias: all[1],
          mask: groupMask(tf, node),
        });
      });
      return [node, own(made)] as const;
    }),
  );
  const layers: TfjsLayers = {
    training: false,
    way,
    constants: (node) => constants.get(node)!,
    batchNorm(node, x) {
      const [mean, variance, offset, scale] = constants.get(node)!;
      const { epsilon } = node;
      return tf.batchNorm(x, mean, variance, offset, scale, epsilon);
    },
  };
  const images = Object.fromEntries(
    Object.entries(graph.inputs).map(([name, { shape }]) => {
      const image = tf.tidy(() =>
        tf.transpose(tf.tensor(inputs[name], shape), [0, 2, 3, 1])
      );
      own([image]);
      return [name, image];
    }),
  );

  let last: TfTensor | undefined;
  const times: number[] = [];
  const run = () => {
    last?.dispose();
    last = tf.tidy(() => runTfjs(tf, graph, { inputs: images, layers }));
  };
  return {
    async submit() {
      if (timedRuns === 0) run();
      else times.push((await tf.time(run)).kernelMs);
    },
    settle: () => settleTfjs(tf),
    async result() {
      const moved = tf.tidy(() => tf.transpose(last!, [0, 3, 1, 2]));
      const result = await moved.data();
      moved.dispose();
      return result;
    },
    kernelTimes: () => Promise.resolve(times),
    [Symbol.asyncDispose]() {
      for (const tensor of owned) tensor.dispose();
      last?.dispose();
      return Promise.resolve();
    },
  };
}

/** The graph as after tfjs's converter. */
function fold(graph: Graph): Graph {
  const folded = optimizeGraph(graph, {
    skip: rewriteNames.filter((name) => name !== "foldBatchNorm"),
  });
  return rewriteGraph(folded, (node, context) => {
    const [input] = node.inputs;
    return isConvolution(input) ? fuseRelu(node, context) : node;
  });
}

function keyOf(node: ConvolutionNode): string {
  const { kernel, stride, dilation, groups, shape } = node;
  const [{ shape: input }] = node.inputs;
  return JSON.stringify([kernel, stride, dilation, groups, input, shape]);
}

async function chooseWay(tf: Tf, node: ConvolutionNode): Promise<GroupedWay> {
  const [batch, channels, height, width] = node.inputs[0].shape;
  const { weight, epilogue: { bias } } = convolutionOf(node);
  const [O, I, ...kernel] = weight.shape;
  const zeros = (shape: readonly number[]) =>
    tf.tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const x = zeros([batch, height, width, channels]);
  const constants = new Map(
    groupedWays.map((way) => [
      way,
      tf.tidy(() =>
        groupedConstants(tf, way, {
          node,
          weight: zeros([...kernel, I, O]),
          bias: bias && zeros(bias.shape),
          mask: groupMask(tf, node),
        })
      ),
    ]),
  );
  const way = await fastestWay(async (way) => {
    const layers = { way: () => way, constants: () => constants.get(way)! };
    tf.tidy(() => convolve(tf, node, { x, layers })).dispose();
    await settleTfjs(tf);
  });
  for (const tensor of [x, ...[...constants.values()].flat()]) tensor.dispose();
  return way;
}
