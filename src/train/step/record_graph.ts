import {
  chooseVariant,
  type Conv2dProblem,
  type Conv2dVariant,
  type VariantOptions,
  winogradTiles,
} from "../../graph/conv2d_variant.ts";
import { unfused } from "../../graph/fused/fused_node.ts";
import { type Graph, nodesOf } from "../../graph/graph.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { chooseTiling } from "../../kernels/conv/conv2d.ts";
import { trainedLayer, trainingOp } from "../ops/mod.ts";
import { Gradients } from "./gradients.ts";
import type { ParameterSlot, ParameterSlots } from "./parameter_slots.ts";
import {
  type Forward,
  newTensor,
  type Recording,
  recordLowered,
} from "./recording.ts";
import type { Operand } from "./tape.ts";

// Weights change with each step, and fewer tiles do not pay for their transform.
const LEAST_TILES = 32;

/** The way to compute a convolution in training's forward pass. */
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

/** Records a graph's forward pass as training has it: batch statistics, dropout, weights from their directions and lengths. */
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
 * Finds what a graph learns and how it is packed.
 *
 * @throws {RangeError} where two layers use one parameter.
 */
export function parameterSlots(graph: Graph): ParameterSlots {
  const trained = new Map<string, ParameterSlot>();
  const statistics: ParameterSlot[] = [];
  for (const node of nodesOf(graph)) {
    const { base } = unfused(node);
    const slots = trainingOp(base)?.slots?.(base);
    for (const slot of slots?.trained ?? []) {
      if (trained.has(slot.name)) {
        throw new RangeError(
          `Cannot train a graph as each parameter must be one layer's: received "${slot.name}" in two`,
        );
      }
      trained.set(slot.name, slot);
    }
    statistics.push(...slots?.statistics ?? []);
  }
  return { trained: [...trained.values()], statistics };
}
