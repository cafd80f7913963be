import type { BufferRange } from "../../gpu/gpu.ts";
import type { Graph } from "../../graph/graph.ts";
import {
  type Constant,
  lowerNode,
  type Scratch,
  type Target,
} from "../../graph/op.ts";
import type { Parameter, Tensor } from "../../graph/tensor.ts";
import { packedBytes } from "../../kernels/pack.ts";
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
