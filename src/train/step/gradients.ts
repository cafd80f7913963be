import { nodesOf } from "../../graph/graph.ts";
import { endsInRelu } from "../../graph/fused/fuse.ts";
import type { Activation } from "../../graph/ops/activation.ts";
import { reluActivation } from "../../graph/ops/relu.ts";
import { planesOf, type Tensor } from "../../graph/tensor.ts";
import { add } from "../../kernels/elementwise/add.ts";
import { type Forward, newTensor, type Recording } from "./recording.ts";
import type { Operand } from "./tape.ts";

/** A share of a tensor's gradient that a layer is about to compute. */
export interface GradientShare {
  /** What was computed so far by other readers of the tensor; it may be added on the way, or by {@linkcode Gradients.add}. */
  readonly sum: Operand | undefined;
  /** The tensor itself where it is what a ReLU let through and this share is the last: the sum is then zero where it is. */
  readonly mask: Operand | undefined;
}

/**
 * The gradients of tensors while a backward pass is recorded: each reader of a tensor has its share, and the shares add up.
 * A tensor whose layer ends in a ReLU has the gradient of what went into the ReLU.
 */
export class Gradients {
  readonly #recording: Recording;
  readonly #forward: Forward;
  readonly #wanted = new Set<Tensor>();
  readonly #missing = new Map<Tensor, number>();
  readonly #sums = new Map<Tensor, Operand>();
  readonly #masked = new Set<Tensor>();

  /** Starts with none. */
  constructor(recording: Recording, forward: Forward) {
    this.#recording = recording;
    this.#forward = forward;
    for (const node of nodesOf(recording.graph)) {
      const learns = Object.keys(node.parameters).length > 0;
      if (learns || node.inputs.some((input) => this.#wanted.has(input))) {
        this.#wanted.add(node);
      }
      for (const input of node.inputs) {
        this.#missing.set(input, (this.#missing.get(input) ?? 0) + 1);
      }
    }
  }

  /** Gives the gradient of the graph's output. */
  seed(output: Tensor, gradient: Operand): void {
    this.#sums.set(output, gradient);
  }

  /** Whether anything learned lies before a tensor. */
  wants(tensor: Tensor): boolean {
    return this.#wanted.has(tensor);
  }

  /** What a layer may fuse into the computation of its share of a tensor's gradient. */
  share(tensor: Tensor): GradientShare {
    const last = this.#missing.get(tensor) === 1;
    return {
      sum: this.#sums.get(tensor),
      mask: last && endsInRelu(tensor)
        ? this.#forward.tensors.get(tensor)
        : undefined,
    };
  }

  /** Takes a share; `fused` is what {@linkcode Gradients.share} told where the layer did as it says. */
  add(tensor: Tensor, gradient: Operand, fused?: GradientShare): void {
    this.#missing.set(tensor, this.#missing.get(tensor)! - 1);
    const sum = this.#sums.get(tensor);
    if (fused?.mask) this.#masked.add(tensor);
    if (!sum || fused) {
      this.#sums.set(tensor, gradient);
      return;
    }
    const { tape, target } = this.#recording;
    const output = newTensor(this.#recording, tensor, `${tensor.name}.sum`);
    const program = add.program(
      { ...planesOf(tensor), relu: false },
      target.precision,
    );
    tape.add(output.name, program, { a: sum, b: gradient, output });
    this.#sums.set(tensor, output);
  }

  /** The whole gradient of what a node computed, before its ReLU where it has one. */
  of(node: Tensor): Operand {
    const { gradient, relu } = this.unmasked(node);
    return relu ? this.activation(node, gradient, reluActivation) : gradient;
  }

  /** The gradient of what a node computed, and whether its ReLU is still to be taken account of. */
  unmasked(
    node: Tensor,
  ): { readonly gradient: Operand; readonly relu: boolean } {
    return {
      gradient: this.#sums.get(node)!,
      relu: endsInRelu(node) && !this.#masked.has(node),
    };
  }

  /** Records the backward pass of an activation function. */
  activation(
    node: Tensor,
    gradient: Operand,
    activation: Activation,
  ): Operand {
    const { tape, target } = this.#recording;
    const value = newTensor(
      this.#recording,
      node,
      `${node.name}.${activation.name}`,
    );
    const { program, result, output } = activation
      .backward(planesOf(node), target.precision);
    const operands = {
      [result]: this.#forward.tensors.get(node)!,
      gradient,
      [output]: value,
    };
    tape.add(value.name, program, operands);
    return value;
  }
}
