import type { ModelOptions } from "../options/model.ts";
import type { TilingOptions } from "../options/tiling.ts";
import { loadModel } from "../predict/load_model.ts";
import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { describeMemory } from "./describe_memory.ts";
import { hashFile } from "./hash_file.ts";
import type { Tell } from "./run_event.ts";
import { readTuning, writeTuning } from "./tuning_file.ts";

/** What is loaded, and the tiles that go through it. */
export interface LazyModelOptions
  extends ModelOptions, Pick<TilingOptions, "tile" | "expansion"> {
  /** Whether to measure which kernels are fastest. */
  readonly tune: boolean;
}

/** The model of a run, hashed and loaded when the first slide needs it: all may be complete, or none may open. */
export class LazyModel implements AsyncDisposable {
  #hashes: Promise<string[]> | undefined;
  #model: Promise<Model> | undefined;
  #loaded: Model | undefined;
  #told: string | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #options: LazyModelOptions;
  readonly #tell: Tell;
  readonly #signal: AbortSignal;

  /** Does nothing yet. */
  constructor(
    options: LazyModelOptions,
    { tell, signal }: { readonly tell: Tell; readonly signal: AbortSignal },
  ) {
    this.#options = options;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** SHA-256 of each of the weights. */
  hashes(): Promise<string[]> {
    return this.#watch(
      this.#hashes ??= Promise.all(this.#options.weights.map(hashFile)),
    );
  }

  /** The model itself. */
  async load(): Promise<Model> {
    this.#model ??= this.#loadTuned();
    return this.#loaded = await this.#watch(this.#model);
  }

  /** Tells how the GPU's memory is shared where not all networks fit, once. */
  tellMemory(plan: MemoryPlan): void {
    const text = describeMemory(plan);
    if (text === undefined || text === this.#told) return;
    this.#told = text;
    this.#tell({ kind: "memory", text });
  }

  /** Throws what no slide gets around: weights that cannot be used, or a lost device. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
    this.#loaded?.gpu.check();
  }

  /** Loads the model with what was measured on this machine, and measures the rest if that is asked for. */
  async #loadTuned(): Promise<Model> {
    const { arch, weights, precision, memory, device: adapter, tune } =
      this.#options;
    const side = this.#options.tile + this.#options.expansion;
    const signal = this.#signal;
    const tuning = await readTuning();
    const maxBytes = memory && memory * 2 ** 30;
    const settings = { adapter, precision, maxBytes, side, tuning, signal };
    const model = await loadModel(arch, weights, settings);
    const { gpu } = model;
    await this.#tell({ kind: "device", gpu, precision: model.precision });
    if (!tune) return model;
    try {
      await model.tune(side, {
        signal,
        onProgress: ({ total }) => this.#tell({ kind: "tuned", total }),
      });
      await this.#tell({ kind: "tiled" });
      await writeTuning(tuning);
      return model;
    } catch (error) {
      await this.#tell({ kind: "tiled" });
      await model[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #watch<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /** Frees the model, if it was loaded. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loaded?.[Symbol.asyncDispose]();
  }
}
