import { dispatch } from "../../gpu/dispatch.ts";
import type { Gpu, Pipeline } from "../../gpu/gpu.ts";
import { endsInRelu } from "../../graph/fused/fused_node.ts";
import { nodesOf } from "../../graph/graph.ts";
import { type Activation, reluActivation } from "../../graph/ops/activation.ts";
import { planesOf, type Tensor } from "../../graph/tensor.ts";
import { add } from "../../kernels/elementwise.ts";
import { addTo } from "../../kernels/optimizer.ts";
import { type Forward, newTensor, type Recording } from "./recording.ts";
import { SlotMemory } from "./slot_memory.ts";
import type { StepMemory } from "./step_memory.ts";
import type { Operand } from "./tape.ts";

/**
 * The sum of the gradients of all batches but the last since an update. A backward pass writes its gradients over those of
 * the one before, so these are added up first. Where each batch is followed by an update, no sum is ever needed nor allocated.
 */
export class GradientSum implements Disposable {
  readonly #gpu: Gpu;
  readonly #memory: StepMemory;
  readonly #pipelines: readonly Pipeline[];
  #batches = 0;
  #sum: SlotMemory | undefined;

  private constructor(
    gpu: Gpu,
    memory: StepMemory,
    pipelines: readonly Pipeline[],
  ) {
    this.#gpu = gpu;
    this.#memory = memory;
    this.#pipelines = pipelines;
  }

  /** Compiles what adds. */
  static async compile(gpu: Gpu, memory: StepMemory): Promise<GradientSum> {
    const programs = memory.places.sizes.map((size) =>
      addTo.program({ vectors: size / 16 })
    );
    const pipelines = programs.map((program) => gpu.pipeline(program));
    return new GradientSum(gpu, memory, await Promise.all(pipelines));
  }

  /** Saves the gradients from the backward pass that is about to be recorded. */
  stash(encoder: GPUCommandEncoder): void {
    const { gradients, places } = this.#memory;
    if (this.#batches === 1) {
      this.#sum ??= new SlotMemory(this.#gpu, places, { label: "sum" });
      gradients.buffers.forEach((from, i) =>
        encoder.copyBufferToBuffer(from, 0, this.#sum!.buffers[i], 0, from.size)
      );
    } else if (this.#batches > 1) {
      this.#add(encoder, { values: gradients, sum: this.#sum! });
    }
    this.#batches++;
  }

  /** Makes the gradients those of all batches, for the update that is about to be recorded. */
  finish(encoder: GPUCommandEncoder): void {
    if (this.#batches === 0) {
      throw new TypeError(
        "Cannot update as there must be gradients: received no batch since the last update",
      );
    }
    if (this.#batches > 1) {
      const { gradients } = this.#memory;
      this.#add(encoder, { values: this.#sum!, sum: gradients });
    }
    this.#batches = 0;
  }

  /** Forgets all batches. */
  reset(): void {
    this.#batches = 0;
  }

  /** Reads the sum of all batches but the last; `undefined` where there was at most one. */
  read(): Promise<Map<string, Float32Array> | undefined> {
    return this.#batches > 1 ? this.#sum!.read() : Promise.resolve(undefined);
  }

  #add(
    encoder: GPUCommandEncoder,
    { values, sum }: { readonly values: SlotMemory; readonly sum: SlotMemory },
  ): void {
    const pass = encoder.beginComputePass({ label: "gradients.sum" });
    this.#pipelines.forEach((pipeline, i) => {
      const resources = { values: values.chunk(i), sum: sum.chunk(i) };
      const bindings = this.#gpu.bind(pipeline, resources);
      dispatch(pass, { pipeline, bindings });
    });
    pass.end();
  }

  /** Frees the sum. */
  [Symbol.dispose](): void {
    this.#sum?.[Symbol.dispose]();
  }
}

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
