import { cannot } from "../../errors/cannot.ts";
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
 * The sum of the gradients of all batches since an update but the last. A backward pass overwrites the gradients of the
 * batch before, which are added to the sum first. If each update has one batch, no sum is allocated.
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

  static async compile(gpu: Gpu, memory: StepMemory): Promise<GradientSum> {
    const programs = memory.places.sizes.map((size) =>
      addTo.program({ vectors: size / 16 })
    );
    const pipelines = programs.map((program) => gpu.pipeline(program));
    return new GradientSum(gpu, memory, await Promise.all(pipelines));
  }

  /** Saves the gradients before a backward pass that is recorded next. */
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

  /** Adds the sum to the gradients, for an update that is recorded next. */
  finish(encoder: GPUCommandEncoder): void {
    if (this.#batches === 0) {
      throw cannot(
        "update weights",
        "no batch was accumulated since the last update",
        { kind: TypeError },
      );
    }
    if (this.#batches > 1) {
      const { gradients } = this.#memory;
      this.#add(encoder, { values: this.#sum!, sum: gradients });
    }
    this.#batches = 0;
  }

  /** Drops all batches. */
  reset(): void {
    this.#batches = 0;
  }

  /** Reads the sum of all batches but the last. `undefined` if there was at most one. */
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

/** One reader's share of a tensor's gradient, to be computed. */
export interface GradientShare {
  /** Sum of the shares so far. The layer may add it, or leave that to {@linkcode Gradients.add}. */
  readonly sum: Operand | undefined;
  /** The tensor itself, if it is the output of a ReLU and this share is the last: the gradient is zero where the tensor is. */
  readonly mask: Operand | undefined;
}

/**
 * The gradients of tensors while a backward pass is recorded. Each reader of a tensor adds its share. If a layer ends in a
 * ReLU, its tensor's gradient is that of the ReLU's input.
 */
export class Gradients {
  readonly #recording: Recording;
  readonly #forward: Forward;
  readonly #wanted = new Set<Tensor>();
  readonly #missing = new Map<Tensor, number>();
  readonly #sums = new Map<Tensor, Operand>();
  readonly #masked = new Set<Tensor>();

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

  /** Sets the gradient of the graph's output. */
  seed(output: Tensor, gradient: Operand): void {
    this.#sums.set(output, gradient);
  }

  /** Whether a tensor depends on trained parameters. */
  wants(tensor: Tensor): boolean {
    return this.#wanted.has(tensor);
  }

  /** Operations that a layer may fuse into the computation of its share of a tensor's gradient. */
  share(tensor: Tensor): GradientShare {
    const last = this.#missing.get(tensor) === 1;
    return {
      sum: this.#sums.get(tensor),
      mask: last && endsInRelu(tensor)
        ? this.#forward.tensors.get(tensor)
        : undefined,
    };
  }

  /** Adds a share. `fused` is the result of {@linkcode Gradients.share}, if the layer fused it. */
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

  /** The complete gradient of a node, with its ReLU's backward pass, if any. */
  of(node: Tensor): Operand {
    const { gradient, relu } = this.unmasked(node);
    return relu ? this.activation(node, gradient, reluActivation) : gradient;
  }

  /** The gradient of a node, and whether its ReLU's backward pass is still to be applied. */
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
