import type { Epilogue } from "../../graph/op.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Fill } from "../fill.ts";
import type { Gradients } from "../step/gradients.ts";
import type { ParameterSlots } from "../step/parameter_slots.ts";
import type { Recording } from "../step/recording.ts";
import type { Operand } from "../step/tape.ts";

/** A layer's pass that is being recorded. */
export interface LayerPass<N extends Tensor> {
  readonly recording: Recording;
  /** The graph's node. */
  readonly node: Tensor;
  /** The node's layer, as it was built. */
  readonly layer: N;
  /** The epilogue that is fused into it. */
  readonly epilogue: Epilogue;
  /** Operands of the graph's tensors. */
  readonly tensors: ReadonlyMap<Tensor, Operand>;
}

/** A layer's forward pass, to be recorded. */
export interface ForwardPass<N extends Tensor> extends LayerPass<N> {
  /** The result. */
  readonly output: Operand;
}

/** A layer's backward pass, to be recorded. */
export interface BackwardPass<N extends Tensor, K> extends LayerPass<N> {
  /** Gradients of the graph's tensors. */
  readonly gradients: Gradients;
  /** Value that the forward pass returned. */
  readonly kept: K;
}

/** Training of an op. */
export interface TrainingOp<N extends Tensor, K = unknown> {
  /** Whether a node, as it was built, is this op. */
  is(node: Tensor): node is N;
  /** Trained parameters and running statistics of a layer. Default: none. */
  slots?(layer: N): ParameterSlots;
  /** Initial values of a layer's parameters, by name. Default: zeros. */
  initialize?(
    layer: N,
    nodes: readonly Tensor[],
  ): Iterable<readonly [string, Fill]>;
  /** Records the forward pass; the result is kept for the backward pass. Default: the forward pass of inference. */
  forward?(pass: ForwardPass<N>): K;
  /** Records the gradients with respect to inputs and parameters. */
  backward(pass: BackwardPass<N, K>): void;
}
