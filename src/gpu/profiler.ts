import type { Dispatch } from "./dispatch.ts";
import type { Gpu } from "./gpu.ts";

/** The GPU time of one compute pass. */
export interface ProfileEntry {
  /** Label of the pass: a layer's or kernel's name. */
  readonly name: string;
  /** Name of the kernel. */
  readonly kernel: string;
  /** Time on the GPU. */
  readonly milliseconds: number;
  /** Floating-point operations, two per multiply-add; 0 if the kernel only moves data. */
  readonly flops: number;
  /** Bytes bound to the kernel: roughly the bytes it reads and writes. */
  readonly bytes: number;
}

/** Times compute passes with timestamp queries. On devices without them, {@linkcode Profiler.read} returns no entries. */
export class Profiler implements Disposable {
  readonly #gpu: Gpu;
  readonly #passes: Omit<ProfileEntry, "milliseconds">[] = [];
  readonly #queries: GPUQuerySet | undefined;
  readonly #capacity: number;

  /** Prepares for at most `capacity` passes. */
  constructor(gpu: Gpu, capacity: number) {
    this.#gpu = gpu;
    this.#capacity = Math.min(capacity, 2048); // WebGPU allows 4096 queries per set
    if (gpu.device.features.has("timestamp-query")) {
      this.#queries = gpu.timestamps("profiler.queries", this.#capacity * 2);
    }
  }

  /** Returns the descriptor of a compute pass timed under `name`. Passes beyond the capacity are not timed. */
  pass(name: string, kernel?: Dispatch): GPUComputePassDescriptor {
    if (!this.#queries || this.#passes.length >= this.#capacity) {
      return { label: name };
    }
    const index = this.#passes.push({
      name,
      kernel: kernel?.pipeline.program.name ?? name,
      flops: kernel?.flops ?? 0,
      bytes: kernel?.bytes ?? 0,
    }) - 1;
    return {
      label: name,
      timestampWrites: {
        querySet: this.#queries,
        beginningOfPassWriteIndex: index * 2,
        endOfPassWriteIndex: index * 2 + 1,
      },
    };
  }

  /** Waits for the device, returns the times of the passes in order, and starts over. */
  async read(): Promise<ProfileEntry[]> {
    const passes = this.#passes.splice(0);
    if (!this.#queries || passes.length === 0) return [];
    const size = passes.length * 16;
    const resolved = this.#gpu.buffer(
      "profiler.resolved",
      size,
      GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    );
    const encoder = this.#gpu.encoder("profiler.resolve");
    encoder.resolveQuerySet(this.#queries, 0, passes.length * 2, resolved, 0);
    this.#gpu.submit(encoder);
    const bytes = await this.#gpu.read({ buffer: resolved, offset: 0, size });
    this.#gpu.free(resolved);
    const times = new BigUint64Array(bytes);
    return passes.map((pass, i) => ({
      ...pass,
      milliseconds: Number(times[2 * i + 1] - times[2 * i]) / 1e6,
    }));
  }

  /** Frees the queries. */
  [Symbol.dispose](): void {
    this.#queries?.destroy();
  }
}
