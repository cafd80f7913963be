import type { CpuResult, CpuThread } from "../cpu/cpu_thread.ts";
import type { CpuCommand } from "../cpu/cpu_worker.ts";
import { resultBytes, resultViews } from "../cpu/tile_steps.ts";
import { cannot } from "../errors/cannot.ts";
import type { ProfileEntry } from "../gpu/profiler.ts";
import { type Graph, nodesOf } from "../graph/graph.ts";
import { flopsOf } from "../graph/op.ts";
import { freeBuffer } from "../io/free_array.ts";
import type { Architecture } from "../models/architecture.ts";
import { areaDownsample } from "../tiles/area_downsample.ts";
import {
  FLIPS,
  type NewNetwork,
  type Predictor,
  type PredictorOptions,
  type TileResult,
} from "./backend.ts";
import { Batches, type WaitingTile } from "./batches.ts";
import { planCpuMemory, resultKind } from "./plan_cpu_memory.ts";
import type { MemoryPlan } from "./plan_memory.ts";

/** Networks on the CPU, as a {@linkcode CpuPredictor} needs them. */
export interface CpuNetworks {
  readonly networks: readonly (
    & Omit<NewNetwork, "values">
    & { readonly bytes: number }
  )[];
  readonly limit: number;
  readonly keptBytes: number;
  thread(): Promise<CpuThread>;
  open(network: number, side: number): Promise<void>;
  release(network: number, side: number, options?: { now?: boolean }): void;
  leave(predictor: CpuPredictor): void;
}

/** A model on the CPU for one kind of tile. Its thread runs one network at a time. */
export class CpuPredictor implements Predictor {
  readonly plan: MemoryPlan;
  readonly inFlight: number;
  readonly ready: Promise<void> = Promise.resolve();
  readonly #backend: CpuNetworks;
  readonly #thread: CpuThread;
  readonly #options: PredictorOptions;
  readonly #side: number;
  readonly #flops: readonly number[];
  readonly #batches: Batches;
  /** Tiles of batches, when the networks that stay have run over them. */
  readonly #begun = new Map<number, Promise<void>>();
  readonly #arrays: ArrayBuffer[] = [];
  readonly #profile: ProfileEntry[] = [];
  readonly #waiting = new Set<(reason: unknown) => void>();
  #busy = 0;
  #closed = false;
  static #tiles = 0;

  private constructor(
    backend: CpuNetworks,
    thread: CpuThread,
    { plan, options, flops }: {
      readonly plan: MemoryPlan;
      readonly options: PredictorOptions;
      readonly flops: readonly number[];
    },
  ) {
    const { inFlight = 2, signal } = options;
    this.plan = plan;
    this.inFlight = plan.swapped > 0 ? plan.batch : inFlight;
    this.#backend = backend;
    this.#thread = thread;
    this.#options = options;
    this.#side = options.size + options.expansion;
    this.#flops = flops;
    this.#batches = new Batches({
      ...{ size: plan.batch, signal },
      run: (tiles) => this.#runBatch(tiles),
    });
    signal?.addEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = () => this.#stop(this.#options.signal!.reason);

  /** Prepares the networks that stay in memory; `graphs` are those for the tiles' side. */
  static async create(
    backend: CpuNetworks,
    options: PredictorOptions,
    graphs: ReadonlyMap<Architecture, Graph<"image", "logits">>,
  ): Promise<CpuPredictor> {
    const side = options.size + options.expansion;
    const plan = planCpuMemory(backend, options, [...graphs.values()]);
    const flops = backend.networks.map(({ architecture }) =>
      nodesOf(graphs.get(architecture)!)
        .reduce((sum, node) => sum + flopsOf(node), 0)
    );
    const thread = await backend.thread();
    let opened = 0;
    try {
      for (; opened < plan.resident; opened++) {
        options.signal?.throwIfAborted();
        await backend.open(opened, side);
      }
    } catch (error) {
      while (opened > 0) backend.release(--opened, side);
      throw error;
    }
    return new CpuPredictor(backend, thread, { plan, options, flops });
  }

  async predict(pixels: Uint8Array): Promise<TileResult> {
    this.#thread.check();
    const side = this.#side;
    const { factor } = this.#options;
    const width = side * factor;
    if (pixels.length !== width ** 2 * 3) {
      throw cannot(
        "predict tile",
        `its pixels must have ${
          width ** 2 * 3
        } bytes, RGB of ${width}×${width}`,
        { received: pixels.length, kind: RangeError },
      );
    }
    if (this.#busy === this.inFlight) {
      throw cannot(
        "predict tile",
        `at most ${this.inFlight} may be in flight; await one`,
        { kind: RangeError },
      );
    }
    this.#busy++;
    const tile = CpuPredictor.#tiles++;
    try {
      const start = performance.now();
      const picture = factor === 1
        ? Uint8Array.from(pixels)
        : areaDownsample(pixels, { width, height: width, factor });
      this.#note("downsample_tile", performance.now() - start, pixels.length);
      const begun = this.#begin(tile, picture);
      if (this.plan.swapped > 0) {
        // At once, as a batch may be flushed at any time.
        begun.catch(() => {}); // its batch awaits it
        this.#begun.set(tile, begun);
        return await this.#batches.add(tile);
      }
      await begun;
      return await this.#finish(tile);
    } catch (error) {
      this.#thread.call({ kind: "drop", tile }).catch(() => {});
      throw error;
    } finally {
      this.#begun.delete(tile);
      this.#busy--;
    }
  }

  /** Runs the networks that stay in memory over a tile. */
  async #begin(tile: number, picture: Uint8Array<ArrayBuffer>): Promise<void> {
    const { classes = 1 } = this.#options;
    const command = {
      ...{ kind: "load", tile, side: this.#side, classes, picture } as const,
    };
    await this.#call(command, [picture.buffer]);
    for (let network = 0; network < this.plan.resident; network++) {
      await this.#run(network, tile);
    }
  }

  async #runBatch(tiles: readonly WaitingTile[]): Promise<void> {
    const { resident, swapped } = this.plan;
    const last = resident + swapped - 1;
    for (const { slot } of tiles) await this.#begun.get(slot);
    for (let network = resident; network <= last; network++) {
      await this.#backend.open(network, this.#side);
      try {
        for (const { slot, resolve } of tiles) {
          this.#batches.check();
          await this.#run(network, slot);
          if (network === last) resolve(this.#finish(slot));
        }
      } finally {
        this.#backend.release(network, this.#side, { now: true });
      }
    }
  }

  async #run(network: number, tile: number): Promise<void> {
    const { networks } = this.#backend;
    const flips = this.#options.flips ? FLIPS : FLIPS.slice(0, 1);
    const { normalization, activation, name, bytes } = networks[network];
    for (const flip of flips) {
      const { times } = await this.#call({
        kind: "run",
        tile,
        session: `${network} ${this.#side}`,
        normalization,
        flip,
        weight: 1 / (flips.length * networks.length),
        softmax: activation === "softmax",
        vote: this.#options.votes ? this.#options.threshold : undefined,
      });
      const pixels = this.#side ** 2;
      this.#note("load_tile", times.load_tile, pixels * 15);
      if (this.#options.profile) {
        this.#profile.push({
          name,
          kernel: "onnxruntime",
          milliseconds: times.onnxruntime,
          flops: this.#flops[network],
          bytes: bytes + pixels * 16,
        });
      }
      this.#note("accumulate", times.accumulate, pixels * 8);
    }
  }

  async #finish(tile: number): Promise<TileResult> {
    const { size, threshold } = this.#options;
    const kind = resultKind(this.#options);
    const into = this.#arrays.pop() ?? new ArrayBuffer(resultBytes(kind));
    const { buffer, times } = await this.#call(
      { kind: "finish", tile, center: size, threshold, into, ...kind },
      [into],
    );
    this.#note("finish", times.finish, buffer!.byteLength);
    const { mask, full, bytes, fulls, planes, votes } = resultViews(
      buffer!,
      kind,
    );
    return {
      ...{ mask, probability: full, probability8: bytes },
      ...(fulls && { probabilities: fulls }),
      ...(planes && { probabilities8: planes }),
      ...(votes && { votes8: votes }),
    };
  }

  /** Has the thread do something, but does not wait for it once the run was stopped. */
  async #call(
    command: CpuCommand,
    transfer?: readonly ArrayBuffer[],
  ): Promise<CpuResult> {
    this.#options.signal?.throwIfAborted();
    if (this.#closed) throw canceled();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    this.#waiting.add(reject);
    const result = this.#thread.call(command, transfer);
    result.catch(() => {}); // nobody waits for it once the run was stopped
    try {
      return await Promise.race([result, stopped]);
    } finally {
      this.#waiting.delete(reject);
    }
  }

  #stop(reason: unknown): void {
    for (const reject of this.#waiting) reject(reason);
  }

  #note(kernel: string, milliseconds: number, bytes: number): void {
    if (!this.#options.profile) return;
    this.#profile.push({
      ...{ name: kernel, kernel, milliseconds, flops: 0, bytes },
    });
  }

  flush(): void {
    this.#batches.flush();
  }

  reuse({ mask }: TileResult): void {
    this.#arrays.push(mask.buffer as ArrayBuffer);
  }

  readProfile(): Promise<readonly ProfileEntry[]> {
    return Promise.resolve(this.#profile.splice(0));
  }

  cancel(): void {
    this.#closed = true;
    this.#batches.cancel();
    this.#stop(canceled());
  }

  /** Ends the use of the networks. Tiles in flight are rejected. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    await this.#batches.settled;
    for (let network = 0; network < this.plan.resident; network++) {
      this.#backend.release(network, this.#side);
    }
    this.#arrays.splice(0).forEach(freeBuffer);
    this.#backend.leave(this);
  }
}

function canceled(): DOMException {
  return new DOMException("The tile was canceled", "AbortError");
}
