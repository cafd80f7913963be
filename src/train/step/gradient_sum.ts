import type { Gpu, Pipeline } from "../../gpu/gpu.ts";
import { dispatch } from "../../gpu/dispatch.ts";
import { addTo } from "../../kernels/optimizer/add_to.ts";
import { SlotMemory } from "./slot_memory.ts";
import type { StepMemory } from "./step_memory.ts";

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
