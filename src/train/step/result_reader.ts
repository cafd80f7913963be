import type { BufferRange, Gpu } from "../../gpu/gpu.ts";

/** Reads small results back without holding the queue up; its staging buffers are used again. */
export class ResultReader implements Disposable {
  readonly #gpu: Gpu;
  readonly #size: number;
  readonly #idle: GPUBuffer[] = [];
  readonly #all: GPUBuffer[] = [];

  /** For results of at most `size` bytes. */
  constructor(gpu: Gpu, size: number) {
    this.#gpu = gpu;
    this.#size = size;
  }

  /** Submits what was recorded and a copy of a result after it, and waits for the result alone. */
  async submit(
    encoder: GPUCommandEncoder,
    { buffer, offset, size }: BufferRange,
  ): Promise<ArrayBuffer> {
    const staging = this.#idle.pop() ?? this.#create();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    this.#gpu.submit(encoder);
    await this.#gpu.guard(staging.mapAsync(GPUMapMode.READ, 0, size));
    const bytes = staging.getMappedRange(0, size).slice(0);
    staging.unmap();
    this.#idle.push(staging);
    return bytes;
  }

  #create(): GPUBuffer {
    const { COPY_DST, MAP_READ } = GPUBufferUsage;
    const staging = this.#gpu.buffer(
      "training.result",
      this.#size,
      COPY_DST | MAP_READ,
    );
    this.#all.push(staging);
    return staging;
  }

  /** Frees the staging buffers. */
  [Symbol.dispose](): void {
    for (const buffer of this.#all) this.#gpu.free(buffer);
  }
}
