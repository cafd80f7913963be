import type { BufferRange } from "../../gpu/gpu.ts";
import {
  chooseVariant,
  type Conv2dProblem,
  type Conv2dVariant,
  type VariantOptions,
  winogradTiles,
} from "../../graph/conv2d_variant.ts";
import { type Graph, nodesOf } from "../../graph/graph.ts";
import {
  type Constant,
  lowerNode,
  type Scratch,
  type Target,
} from "../../graph/op.ts";
import type { Parameter, Tensor } from "../../graph/tensor.ts";
import { chooseTiling } from "../../kernels/conv/conv2d.ts";
import { packedBytes } from "../../kernels/pack.ts";
import { trainedLayer } from "../ops/mod.ts";
import { Gradients } from "./gradients.ts";
import type { StepMemory } from "./step_memory.ts";
import type { Operand, Tape, Value } from "./tape.ts";

/** What the recording of a step reads and adds to. */
export interface Recording {
  /** The graph. */
  readonly graph: Graph<"image", "logits">;
  /** Where operations go. */
  readonly tape: Tape;
  /** Where parameters lie. */
  readonly memory: StepMemory;
  /** What kernels are chosen for. */
  readonly target: Target;
  /** Where the images lie. */
  readonly images: BufferRange;
  /** Where the logits go. */
  readonly logits: BufferRange;
  /** Where the seed of a batch lies. */
  readonly seed: BufferRange;
}

/** What the backward pass reads of the forward pass. */
export interface Forward {
  /** Where each tensor lies. */
  readonly tensors: ReadonlyMap<Tensor, Operand>;
  /** What layers keep for their own backward pass. */
  readonly kept: ReadonlyMap<Tensor, unknown>;
}

/** A value for a tensor of a node's shape. */
export function newTensor(
  { target }: Recording,
  { shape }: Tensor,
  name: string,
): Value {
  return { name, bytes: packedBytes(shape, target.precision) };
}

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

/** Records a layer as inference has it, but that some of its parameters are operands of the step. */
export function recordLowered(
  { tape, memory, target }: Recording,
  node: Tensor,
  { tensors, weights }: {
    /** Where its inputs and its result lie. */
    readonly tensors: ReadonlyMap<Tensor, Operand>;
    /** Parameters that do not lie in memory as the kernels read them. Default: none. */
    readonly weights?: ReadonlyMap<Parameter, Operand>;
  },
): void {
  const places = new Map<Scratch, Value>();
  const computed = new Map<string, Value>();
  const operandOf = ({ parameters: [parameter] }: Constant): Operand =>
    weights?.get(parameter) ?? memory.parameters.range(parameter.name);
  for (const operation of lowerNode(node, target)) {
    const operands: Record<string, Operand> = { output: tensors.get(node)! };
    const { program, flops, constants = {}, scratch = {} } = operation;
    for (const [name, tensor] of Object.entries(operation.tensors)) {
      operands[name] = tensors.get(tensor)!;
    }
    for (const [name, place] of Object.entries(scratch)) {
      const value = places.get(place) ??
        { name: `${node.name}.scratch`, bytes: place.size };
      places.set(place, value);
      operands[name] = value;
    }
    for (const [name, constant] of Object.entries(constants)) {
      if (!("source" in constant)) {
        operands[name] = operandOf(constant);
        continue;
      }
      // Inference makes these once, training whenever the weight has changed: each time.
      const { key, bytes, binding, program, source } = constant;
      if (!computed.has(key)) {
        const output = { name: key, bytes };
        computed.set(key, output);
        tape.add(key, program, { [binding]: operandOf(source), output });
      }
      operands[name] = computed.get(key)!;
    }
    tape.add(node.name, program, operands, { flops });
  }
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
