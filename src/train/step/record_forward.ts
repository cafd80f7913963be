import type { BufferRange } from "../../gpu/gpu.ts";
import { type Graph, nodesOf } from "../../graph/graph.ts";
import type { BatchNormNode } from "../../graph/layers/batch_norm.ts";
import type { Conv2dNode } from "../../graph/layers/conv2d.ts";
import {
  lowerNode,
  type Scratch,
  type Target,
} from "../../graph/lower_node.ts";
import type { Dropout2dNode, Tensor } from "../../graph/tensor.ts";
import { blocksOf } from "../../kernels/conv2d.ts";
import { dropout2d } from "../../kernels/dropout2d.ts";
import { packedBytes } from "../../kernels/pack_tensor.ts";
import { weightNorm } from "../../kernels/weight_norm.ts";
import { type BatchStatistics, recordBatchNorm } from "./record_batch_norm.ts";
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
  /** Weights of convolutions in the storage's precision. */
  readonly weights: ReadonlyMap<Conv2dNode, Operand>;
  /** What batch norms found. */
  readonly statistics: ReadonlyMap<BatchNormNode, BatchStatistics>;
}

/** Records a graph's forward pass as training has it: batch statistics, dropout, weights from their directions and lengths. */
export function recordForward(recording: Recording): Forward {
  const { graph, images } = recording;
  const tensors = new Map<Tensor, Operand>();
  const weights = new Map<Conv2dNode, Operand>();
  const statistics = new Map<BatchNormNode, BatchStatistics>();
  for (const node of nodesOf(graph)) {
    if (node.op === "input") {
      tensors.set(node, images);
      continue;
    }
    const output = node === graph.outputs.logits
      ? recording.logits
      : newTensor(recording, node, node.name);
    tensors.set(node, output);
    recording.tape.begin();
    const inputs = node.inputs.map((input) => tensors.get(input)!);
    if (node.op === "batch_norm") {
      const found = recordBatchNorm(recording, { node, inputs, output });
      statistics.set(node, found);
    } else if (node.op === "dropout2d") {
      recordDropout(recording, { node, input: inputs[0], output });
    } else {
      const weight = node.op === "conv2d"
        ? weightOf(recording, node)
        : undefined;
      if (node.op === "conv2d") weights.set(node, weight!);
      recording.tape.begin();
      recordOperations(recording, { node, tensors, weight });
    }
  }
  return { tensors, weights, statistics };
}

/** Records a layer as inference has it, but that its weights are the step's. */
function recordOperations(
  { tape, memory, target }: Recording,
  { node, tensors, weight }: {
    readonly node: Tensor;
    readonly tensors: ReadonlyMap<Tensor, Operand>;
    readonly weight: Operand | undefined;
  },
): void {
  const places = new Map<Scratch, Value>();
  const computed = new Map<string, Value>();
  for (const operation of lowerNode(node, target)) {
    const operands: Record<string, Operand> = { output: tensors.get(node)! };
    for (const [name, tensor] of Object.entries(operation.tensors)) {
      operands[name] = tensors.get(tensor)!;
    }
    for (const [name, place] of Object.entries(operation.scratch ?? {})) {
      const value = places.get(place) ??
        { name: `${node.name}.scratch`, bytes: place.size };
      places.set(place, value);
      operands[name] = value;
    }
    for (const [name, constant] of Object.entries(operation.constants)) {
      if (!("source" in constant)) {
        operands[name] = name === "weight"
          ? weight!
          : memory.parameters.range(constant.parameters[0].name);
        continue;
      }
      // Inference makes these once, training whenever the weight has changed: each time.
      const { key, bytes, binding, program } = constant;
      if (!computed.has(key)) {
        const output = { name: key, bytes };
        computed.set(key, output);
        tape.add(key, program, { [binding]: weight!, output });
      }
      operands[name] = computed.get(key)!;
    }
    const { program, flops } = operation;
    tape.add(node.name, program, operands, { flops });
  }
}

/** A value for a tensor of a node's shape. */
export function newTensor(
  { target }: Recording,
  { shape }: Tensor,
  name: string,
): Value {
  return { name, bytes: packedBytes(shape, target.precision) };
}

/** Dropout, forward or backward: the planes that drop follow from the seed. */
export function recordDropout(
  { graph, tape, target, seed }: Recording,
  { node, input, output }: {
    readonly node: Dropout2dNode;
    readonly input: Operand;
    readonly output: Operand;
  },
): void {
  const [batch, channels, height, width] = node.shape;
  const program = dropout2d.program({
    planes: batch * blocksOf(channels),
    pixels: height * width,
    layer: nodesOf(graph).indexOf(node),
    probability: node.probability,
  }, target.precision);
  tape.add(node.name, program, { input, output, seed });
}

function weightOf(
  { tape, memory, target }: Recording,
  node: Conv2dNode,
): Operand {
  const { weight } = node.parameters;
  if (!weight.derived) return memory.stored.range(weight.name);
  const [v, g] = weight.derived.sources.map(({ name }) =>
    memory.parameters.range(name)
  );
  const bytes = target.precision === "f16" ? v.size / 2 : v.size;
  const value = { name: weight.name, bytes };
  const program = weightNorm.program(weightVectors(v, g), target.precision);
  tape.add(weight.name, program, { v, g, weight: value });
  return value;
}

/** A weight-normalised weight as its kernels see it. */
export function weightVectors(
  v: BufferRange,
  g: BufferRange,
): { readonly blocks: number; readonly vectors: number } {
  const blocks = g.size / 16;
  return { blocks, vectors: v.size / 16 / blocks };
}
