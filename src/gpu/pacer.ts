import type { Gpu } from "./gpu.ts";

/**
 * Limits how far submissions run ahead of the GPU. It waits for buffers to be mapped, because in Deno
 * `queue.onSubmittedWorkDone()` blocks the thread until the GPU is idle.
 */
export class Pacer implements AsyncDisposable {
  readonly #gpu: Gpu;
  readonly #depth: number;
  readonly #free: GPUBuffer[] = [];
  readonly #marks: Promise<void>[] = [];

  /** Allows `depth` units of work in flight. */
  constructor(gpu: Gpu, depth: number) {
    this.#gpu = gpu;
    this.#depth = depth;
  }

  /** Ends a unit of work: everything submitted since the last one. Resolves when another may be submitted. */
  async next(): Promise<void> {
    const mark = this.#mark();
    mark.catch(() => {}); // awaited below, or irrelevant
    this.#marks.push(mark);
    if (this.#marks.length >= this.#depth) await this.#marks.shift();
  }

  async #mark(): Promise<void> {
    const gpu = this.#gpu;
    const { COPY_DST, MAP_READ } = GPUBufferUsage;
    const buffer = this.#free.pop() ??
      gpu.buffer("pacer.mark", 16, COPY_DST | MAP_READ);
    const encoder = gpu.encoder("pacer");
    encoder.clearBuffer(buffer);
    gpu.submit(encoder);
    await gpu.map(buffer);
    buffer.unmap();
    this.#free.push(buffer);
  }

  /** Waits for work in flight and frees the buffers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#marks);
    for (const buffer of this.#free) this.#gpu.free(buffer);
  }
}

/** Milliseconds that a device may take for one run of a network, however slow it is. */
const LEAST = 120_000;

/** How long to wait for work that is done again and again before the device is taken to hang: far longer than it ever took. */
export class Patience {
  readonly #runs: number;
  #slowest = 0;

  /** Waits for work of so many runs of a network. */
  constructor(runs: number) {
    this.#runs = Math.max(1, runs);
  }

  /** Milliseconds to wait for the next time. */
  get limit(): number {
    return this.#slowest > 0
      ? Math.max(LEAST, 10 * this.#slowest)
      : LEAST * this.#runs;
  }

  /** Waits for work, given the limit, and notes how long it took. */
  async wait(work: (limit: number) => Promise<void>): Promise<void> {
    const start = performance.now();
    await work(this.limit);
    this.#slowest = Math.max(this.#slowest, performance.now() - start);
  }
}
