import { cannot } from "../../errors/cannot.ts";
import type {
  Conv2dProblem,
  Conv2dVariant,
} from "../../graph/conv2d_problem.ts";
import { winogradTiles } from "../../graph/winograd_strips.ts";
import {
  chooseVariant,
  type VariantOptions,
} from "../../graph/conv2d_variant.ts";
import { channelsOf } from "../../io/classes.ts";
import { unfused } from "../../graph/fused/fused_node.ts";
import { buildGraph, type Graph, nodesOf } from "../../graph/graph.ts";
import { batchNormOp } from "../../graph/ops/batch_norm.ts";
import { rewriteGraph } from "../../graph/rewrite_graph.ts";
import { fuseRelu, fuseSum } from "../../graph/rewrites/fuse.ts";
import { liftRelu, removeDropout } from "../../graph/rewrites/simplify.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { chooseTiling } from "../../kernels/conv/conv2d.ts";
import type { Architecture } from "../../models/architecture.ts";
import { trainedLayer, trainingOp } from "../ops/mod.ts";
import type { TrainingStepOptions } from "../training_step.ts";
import { Gradients } from "./gradients.ts";
import type { ParameterSlot, ParameterSlots } from "./parameter_slots.ts";
import {
  type Forward,
  newTensor,
  type Recording,
  recordLowered,
} from "./recording.ts";
import type { Operand } from "./tape.ts";

/**
 * An architecture's graph for training: ReLUs and sums are fused into the layers before them, so that tensors need not be
 * kept both before and after a ReLU.
 *
 * @throws {RangeError} If the logits are not as many channels as the classes need, of the images' size.
 */
export function trainingGraph(
  { forward, name }: Architecture,
  { batch, height, width, dropout = true, classes = 1, activation }:
    TrainingStepOptions,
): Graph<"image", "logits"> {
  const built = buildGraph(
    { image: [batch, 3, height, width] },
    ({ image }) => ({ logits: forward(image) }),
  );
  const channels = channelsOf(classes, activation ?? "sigmoid");
  const expected = [batch, channels, height, width].join("×");
  const received = built.outputs.logits.shape.join("×");
  if (received !== expected) {
    throw cannot(
      `train ${name}`,
      `its logits must be ${expected}, received ${received}`,
      { kind: RangeError },
    );
  }
  const fused = [liftRelu, fuseRelu, fuseSum(batchNormOp.is)];
  const rules = dropout ? fused : [removeDropout, ...fused];
  return rules.reduce<Graph<"image", "logits">>(rewriteGraph, built);
}

// Weights change with each step: with fewer tiles, their transform costs more than it saves.
const LEAST_TILES = 32;

/** The variant of a convolution in the forward pass of training. */
export function forwardVariant(
  problem: Conv2dProblem,
  options: VariantOptions,
): Conv2dVariant {
  const variant = chooseVariant(problem, options);
  return variant.algorithm === "winograd" &&
      winogradTiles(problem) < LEAST_TILES
    ? { algorithm: "direct", tiling: chooseTiling(problem, options) }
    : variant;
}

/** Records the forward pass of training: with batch statistics, dropout, and weights computed from directions and lengths. */
export function recordForward(recording: Recording): Forward {
  const { graph, tape } = recording;
  const { image } = graph.inputs;
  const tensors = new Map<Tensor, Operand>([[image, recording.images]]);
  const kept = new Map<Tensor, unknown>();
  for (const node of nodesOf(graph)) {
    if (node === image) continue;
    const output = node === graph.outputs.logits
      ? recording.logits
      : newTensor(recording, node, node.name);
    tensors.set(node, output);
    tape.begin();
    const { op, layer, epilogue } = trainedLayer(node);
    if (op.forward) {
      const pass = { recording, node, layer, epilogue, tensors, output };
      kept.set(node, op.forward(pass));
    } else recordLowered(recording, node, { tensors });
  }
  return { tensors, kept };
}

/** Records a graph's backward pass, from the gradient of the logits to those of the parameters. */
export function recordBackward(
  recording: Recording,
  { forward, logitsGradient }: {
    readonly forward: Forward;
    readonly logitsGradient: Operand;
  },
): void {
  const gradients = new Gradients(recording, forward);
  gradients.seed(recording.graph.outputs.logits, logitsGradient);
  const { tensors } = forward;
  for (const node of nodesOf(recording.graph).reverse()) {
    if (!gradients.wants(node)) continue;
    const { op, layer, epilogue } = trainedLayer(node);
    const kept = forward.kept.get(node);
    op.backward({ recording, node, layer, epilogue, tensors, gradients, kept });
  }
}

/**
 * The trained parameters and running statistics of a graph.
 *
 * @throws {RangeError} If two layers share a parameter.
 */
export function parameterSlots(graph: Graph): ParameterSlots {
  const trained = new Map<string, ParameterSlot>();
  const statistics: ParameterSlot[] = [];
  for (const node of nodesOf(graph)) {
    const { base } = unfused(node);
    const slots = trainingOp(base)?.slots?.(base);
    for (const slot of slots?.trained ?? []) {
      if (trained.has(slot.name)) {
        throw cannot("train graph", `two layers share "${slot.name}"`, {
          kind: RangeError,
        });
      }
      trained.set(slot.name, slot);
    }
    statistics.push(...slots?.statistics ?? []);
  }
  return { trained: [...trained.values()], statistics };
}
