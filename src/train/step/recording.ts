import type { BufferRange } from "../../gpu/gpu.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Target } from "../../graph/operation.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { packedBytes } from "../../kernels/pack_tensor.ts";
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
