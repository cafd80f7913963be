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

/** A step that is being recorded. */
export interface Recording {
  readonly graph: Graph<"image", "logits">;
  /** Recorded operations. */
  readonly tape: Tape;
  /** Parameters, gradients and moments. */
  readonly memory: StepMemory;
  readonly target: Target;
  readonly images: BufferRange;
  readonly logits: BufferRange;
  /** Seed of the batch. */
  readonly seed: BufferRange;
}

/** Values of the forward pass that the backward pass reads. */
export interface Forward {
  /** Operand of each tensor. */
  readonly tensors: ReadonlyMap<Tensor, Operand>;
  /** Values that layers keep for their backward pass. */
  readonly kept: ReadonlyMap<Tensor, unknown>;
}

/** Creates a value with a tensor's shape. */
export function newTensor(
  { target }: Recording,
  { shape }: Tensor,
  name: string,
): Value {
  return { name, bytes: packedBytes(shape, target.precision) };
}

/** Records a layer as in inference, with operands of the step for its parameters. */
export function recordLowered(
  { tape, memory, target }: Recording,
  node: Tensor,
  { tensors, weights }: {
    /** Operands of its inputs and its result. */
    readonly tensors: ReadonlyMap<Tensor, Operand>;
    /** Operands of parameters that are computed, not stored. Default: none. */
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
      // Inference computes these once; in training the weight changes with each step.
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
