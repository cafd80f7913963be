import { cannot } from "../errors/cannot.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { recordPass, Submitter } from "../gpu/submitter.ts";
import { Pacer, Patience } from "../gpu/pacer.ts";
import { type ProfileEntry, Profiler } from "../gpu/profiler.ts";
import type { CompiledGraphs } from "../graph/compile_graphs.ts";
import { freeBuffer } from "../io/free_array.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Predictor, PredictorOptions, TileResult } from "./backend.ts";
import { Batches, type WaitingTile } from "./batches.ts";
import type { MemoryPlan, TileBytes } from "./plan_memory.ts";
import {
  allocateTileBuffers,
  resultBuffers,
  resultIn,
  type TileBuffers,
  tileBytes,
  writePixels,
} from "./tile_buffers.ts";
import {
  compileTileKernels,
  type GpuNetwork,
  type TileKernels,
} from "./tile_kernels.ts";

/** Networks on a GPU, as a {@linkcode TilePredictor} needs them. */
export interface GpuNetworks {
  readonly gpu: Gpu;
  readonly precision: Precision;
  readonly networks: readonly GpuNetwork[];
  /** Compiles all networks for square tiles of `side` pixels. */
  compile(
    side: number,
    tiles: TileBytes,
    signal?: AbortSignal,
  ): Promise<CompiledModel>;
}

/** A model's networks, compiled for tiles of one size. */
export interface CompiledModel extends CompiledGraphs<"image", "logits"> {
  /** How GPU memory is shared. */
  readonly plan: MemoryPlan;
  /** Ensures that a network's weights are on the GPU for the next submission. */
  load(network: number): void;
}

interface PredictorParts {
  readonly compiled: CompiledModel;
  readonly buffers: TileBuffers;
  readonly kernels: TileKernels;
}

// With longer batches, swapping hardly takes a smaller share of the time.
const MOST_TILES = 16;
// Runs of one network over one tile queued at a time, so that a batch can stop early.
const DEPTH = 4;

/** A model compiled for one kind of tile: pixels in, mask out. If weights are swapped, tiles are predicted in batches. */
export class TilePredictor implements Predictor {
  /** How GPU memory is shared. */
  readonly plan: MemoryPlan;
  readonly #gpu: Gpu;
  readonly #options: PredictorOptions;
  readonly #compiled: CompiledModel;
  readonly #buffers: TileBuffers;
  readonly #kernels: TileKernels;
  readonly #staging: GPUBuffer[];
  readonly #arrays: ArrayBufferLike[] = [];
  readonly #batches: Batches;
  readonly #profiler: Profiler | undefined;
  readonly #submitter: Submitter;
  #ready: Promise<void> = Promise.resolve();
  #slot = 0;
  readonly #patience: Patience;

  private constructor(
    gpu: Gpu,
    options: PredictorOptions,
    { compiled, buffers, kernels }: PredictorParts,
  ) {
    this.plan = compiled.plan;
    this.#gpu = gpu;
    this.#options = options;
    this.#compiled = compiled;
    this.#buffers = buffers;
    this.#kernels = kernels;
    this.#staging = [...buffers.staging];
    const runs = kernels.loads[0].reduce((n, { length }) => n + length, 0);
    this.#patience = new Patience(runs);
    this.#batches = new Batches({
      size: this.plan.batch,
      signal: options.signal,
      run: (tiles) => this.#runBatch(tiles),
    });
    const profiler = options.profile ? new Profiler(gpu, 2048) : undefined;
    this.#profiler = profiler;
    this.#submitter = new Submitter(gpu, { profiler, signal: options.signal });
    const threshold = new Float32Array([options.threshold, 0, 0, 0]);
    gpu.write(buffers.threshold, 0, threshold);
  }

  /**
   * Compiles everything for tiles of one kind.
   *
   * @throws {GpuError} If GPU memory is too small for a network and a tile.
   */
  static async create(
    model: GpuNetworks,
    options: PredictorOptions,
  ): Promise<TilePredictor> {
    for (;;) {
      const { capacity } = model.gpu;
      try {
        return await TilePredictor.#create(model, options);
      } catch (error) {
        // If memory ran out, its capacity is known now.
        if (model.gpu.capacity === capacity) throw error;
      }
    }
  }

  static async #create(
    model: GpuNetworks,
    options: PredictorOptions,
  ): Promise<TilePredictor> {
    const { gpu, precision, networks } = model;
    const { size, expansion, inFlight = 2 } = options;
    const tiles = {
      ...tileBytes(options, { inFlight }),
      most: options.inFlight ?? MOST_TILES,
    };
    const { signal } = options;
    const compiled = await model.compile(size + expansion, tiles, signal);
    let buffers: TileBuffers | undefined;
    try {
      const { batch, swapped } = compiled.plan;
      const count = { slots: batch, staging: swapped > 0 ? batch : inFlight };
      buffers = await allocateTileBuffers(gpu, options, count);
      const { executables } = compiled;
      const parts = { executables, buffers, precision, networks };
      const kernels = await compileTileKernels(gpu, options, parts);
      return new TilePredictor(gpu, options, { compiled, buffers, kernels });
    } catch (error) {
      compiled[Symbol.dispose]();
      buffers?.all.forEach((buffer) => gpu.free(buffer));
      throw error;
    }
  }

  /** Maximum tiles in flight: a batch if weights are swapped. */
  get inFlight(): number {
    return this.#buffers.staging.length;
  }

  get ready(): Promise<void> {
    return this.#ready;
  }

  predict(pixels: Uint8Array): Promise<TileResult> {
    const submitted = Promise.withResolvers<void>();
    this.#ready = submitted.promise;
    return this.#predict(pixels, submitted.resolve);
  }

  async #predict(
    pixels: Uint8Array,
    submitted: () => void,
  ): Promise<TileResult> {
    try {
      const slot = this.#begin(pixels);
      const { resident, swapped } = this.plan;
      for (let network = 0; network < resident; network++) {
        await this.#run(network, slot);
      }
      const result = swapped === 0
        ? this.#finish(slot)
        : this.#batches.add(slot);
      submitted();
      return await result;
    } finally {
      submitted();
    }
  }

  /** Submits what makes a tile's picture; returns its slot. */
  #begin(pixels: Uint8Array): number {
    const gpu = this.#gpu;
    gpu.check();
    const { size, expansion, factor } = this.#options;
    const side = (size + expansion) * factor;
    if (pixels.length !== side ** 2 * 3) {
      throw cannot(
        "predict tile",
        `its pixels must have ${side ** 2 * 3} bytes, RGB of ${side}×${side}`,
        { received: pixels.length, kind: RangeError },
      );
    }
    const slot = this.#slot;
    this.#slot = (slot + 1) % this.#buffers.slots.length;
    writePixels(gpu, this.#buffers.pixels, pixels);
    const encoder = gpu.encoder("tile");
    const { probability, votes } = this.#buffers.slots[slot];
    encoder.clearBuffer(probability);
    if (votes) encoder.clearBuffer(votes);
    recordPass(encoder, this.#kernels.downsamples[slot], this.#profiler);
    gpu.submit(encoder);
    return slot;
  }

  flush(): void {
    this.#batches.flush();
  }

  async readProfile(): Promise<readonly ProfileEntry[]> {
    return await this.#profiler?.read() ?? [];
  }

  async #runBatch(tiles: readonly WaitingTile[]): Promise<void> {
    const { resident, swapped } = this.plan;
    const last = resident + swapped - 1;
    await using pacer = new Pacer(this.#gpu, DEPTH);
    for (let network = resident; network <= last; network++) {
      for (const { slot, resolve } of tiles) {
        this.#batches.check();
        this.#compiled.load(network);
        await this.#run(network, slot);
        if (network === last) resolve(this.#finish(slot));
        await pacer.next();
      }
    }
  }

  /** Submits a network's runs over a tile. */
  async #run(network: number, slot: number): Promise<void> {
    const { loads, accumulates } = this.#kernels;
    const { steps } = this.#compiled.executables[network];
    for (const [flip, load] of loads[slot][network].entries()) {
      // One submission per run: some drivers kill work that takes seconds, as a whole ensemble may.
      const sums = accumulates[slot][network][flip];
      await this.#submitter.submit([load, ...steps, ...sums]);
    }
  }

  /** Computes a tile's result from its networks' sum, and reads it back. */
  async #finish(slot: number): Promise<TileResult> {
    const gpu = this.#gpu;
    const encoder = gpu.encoder("tile");
    for (const step of this.#kernels.finishes[slot]) {
      recordPass(encoder, step, this.#profiler);
    }
    const staging = this.#staging.pop();
    if (!staging) {
      throw cannot(
        "predict tile",
        `at most ${this.inFlight} may be in flight; await one`,
        { kind: RangeError },
      );
    }
    let end = 0;
    for (const part of resultBuffers(this.#buffers)) {
      encoder.copyBufferToBuffer(part, 0, staging, end, part.size);
      end += part.size;
    }
    gpu.submit(encoder);
    await this.#patience.wait((limit) =>
      gpu.map(staging, { limit, signal: this.#options.signal })
    );
    const read = this.#arrays.pop() ?? new ArrayBuffer(staging.size);
    new Uint8Array(read).set(new Uint8Array(staging.getMappedRange()));
    staging.unmap();
    this.#staging.push(staging);
    return resultIn(read, this.#buffers, this.#options);
  }

  reuse({ mask }: TileResult): void {
    this.#arrays.push(mask.buffer);
  }

  cancel(): void {
    this.#batches.cancel();
  }

  /** Frees the buffers. Tiles in flight must have settled; waiting tiles are rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    await this.#batches.settled;
    this.#profiler?.[Symbol.dispose]();
    this.#compiled[Symbol.dispose]();
    for (const buffer of this.#buffers.all) this.#gpu.free(buffer);
    this.#arrays.splice(0).forEach(freeBuffer);
  }
}
