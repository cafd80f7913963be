import type { Epilogue } from "../../graph/op.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Fill } from "../fill.ts";
import type { Gradients } from "../step/gradients.ts";
import type { ParameterSlots } from "../step/parameter_slots.ts";
import type { Recording } from "../step/recording.ts";
import type { Operand } from "../step/tape.ts";

/** What is known of a layer while one of its passes is recorded. */
export interface LayerPass<N extends Tensor> {
  readonly recording: Recording;
  /** The graph's node. */
  readonly node: Tensor;
  /** The layer that it is, as it was built. */
  readonly layer: N;
  /** What its kernel does beside it. */
  readonly epilogue: Epilogue;
  /** Where tensors lie. */
  readonly tensors: ReadonlyMap<Tensor, Operand>;
}

/** A layer's forward pass, to be recorded. */
export interface ForwardPass<N extends Tensor> extends LayerPass<N> {
  /** Where the result goes. */
  readonly output: Operand;
}

/** A layer's backward pass, to be recorded. */
export interface BackwardPass<N extends Tensor, K> extends LayerPass<N> {
  /** Where the gradient comes from, and where the shares of it go. */
  readonly gradients: Gradients;
  /** What the forward pass returned. */
  readonly kept: K;
}

/** All that training has to know of a kind of layer. */
export interface TrainingOp<N extends Tensor, K = unknown> {
  /** Whether a node, as it was built, is of this kind. */
  is(node: Tensor): node is N;
  /** What gradients change of its parameters, and what else is kept of them. Default: nothing. */
  slots?(layer: N): ParameterSlots;
  /** How its parameters start, by name. Default: with zeros. */
  initialize?(
    layer: N,
    nodes: readonly Tensor[],
  ): Iterable<readonly [string, Fill]>;
  /** Records its forward pass, and keeps something for the backward pass. Default: as inference has it. */
  forward?(pass: ForwardPass<N>): K;
  /** Records the gradients of its inputs and parameters. */
  backward(pass: BackwardPass<N, K>): void;
}
