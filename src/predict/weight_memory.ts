import type { Gpu } from "../gpu/gpu.ts";
import { GpuError } from "../gpu/gpu_error.ts";
import { largestSizes } from "../graph/compile_graphs.ts";
import {
  allocateParameters,
  type ParameterStore,
} from "../graph/parameter_store.ts";

/** The weights of an ensemble: those of the first networks stay on the GPU, the others take turns in shared buffers. */
export class WeightMemory implements Disposable {
  readonly #gpu: Gpu;
  readonly #stores: ParameterStore[] = [];
  #shared: GPUBuffer[] = [];
  /** The network whose weights are in the shared buffers. */
  #loaded: ParameterStore | undefined;
  #resident = 0;

  /** Starts empty. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Sizes of each network's buffers in bytes. */
  get sizes(): readonly (readonly number[])[] {
    return this.#stores.map(({ sizes }) => sizes);
  }

  /** Number of networks whose weights stay. */
  get resident(): number {
    return this.#resident;
  }

  /** Bytes in use on the GPU. */
  get bytes(): number {
    return [
      ...this.#stores.map(({ uploaded }) => uploaded),
      ...this.#shared.map(({ size }) => size),
    ]
      .reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Adds a network. Its weights are uploaded now, unless memory is known to be too small; then `arrange()` does it. */
  async add(store: ParameterStore): Promise<void> {
    this.#stores.push(store);
    if (this.#gpu.capacity < Infinity) return;
    try {
      await store.upload();
    } catch (error) {
      if (!isShortage(error, this.#gpu)) throw error;
      // Tensors will need memory too.
      for (const store of this.#stores) await store.download();
    }
  }

  /**
   * Lets the first networks' weights stay, and the others' take turns. Networks compiled with the earlier buffers must not run
   * again, unless `resident` and the networks are the same as before.
   */
  async arrange(resident: number): Promise<void> {
    const others = this.#stores.slice(resident);
    this.#loaded = undefined;
    this.#resident = resident;
    for (const store of others) await store.download();
    const sizes = largestSizes(others.map(({ sizes }) => sizes));
    const kept = sizes.findIndex((size, i) => this.#shared[i]?.size !== size);
    const old = kept < 0 ? sizes.length : kept;
    this.#shared.splice(old).forEach((buffer) => this.#gpu.free(buffer));
    for (const store of this.#stores.slice(0, resident)) await store.upload();
    this.#shared.push(
      ...await allocateParameters(this.#gpu, "shared", sizes.slice(old)),
    );
    for (const store of others) await store.share(this.#shared);
  }

  /** Ensures that a network's weights are on the GPU when the next submission runs. */
  load(network: number): void {
    const store = this.#stores[network];
    if (network < this.#resident || store === this.#loaded) return;
    store.write();
    this.#loaded = store;
  }

  /** Frees the buffers. */
  [Symbol.dispose](): void {
    for (const store of this.#stores) store[Symbol.dispose]();
    for (const buffer of this.#shared) this.#gpu.free(buffer);
  }
}

/** Whether an error says that memory ran out, so that `capacity` is known. */
export function isShortage(error: unknown, { capacity }: Gpu): boolean {
  return error instanceof GpuError && error.kind === "out-of-memory" &&
    capacity < Infinity;
}
