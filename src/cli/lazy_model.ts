import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { describeMemory } from "./describe_memory.ts";
import { hashFile } from "./hash_file.ts";
import { eraseBar } from "./progress_bar.ts";
import { loadTunedModel, type ModelOptions } from "./load_tuned_model.ts";

/** The model of a run, hashed and loaded when the first slide needs it: all may be complete, or none may open. */
export class LazyModel implements AsyncDisposable {
  #hashes: Promise<string[]> | undefined;
  #model: Promise<Model> | undefined;
  #loaded: Model | undefined;
  #told: string | undefined;
  #failure: { readonly error: unknown } | undefined;
  readonly #options: ModelOptions;
  readonly #signal: AbortSignal;

  /** Does nothing yet. */
  constructor(options: ModelOptions, signal: AbortSignal) {
    this.#options = options;
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
    this.#model ??= loadTunedModel(this.#options, { signal: this.#signal });
    return this.#loaded = await this.#watch(this.#model);
  }

  /** Prints how the GPU's memory is shared where not all networks fit, once. */
  tellMemory(plan: MemoryPlan): void {
    const text = describeMemory(plan);
    if (text === undefined || text === this.#told) return;
    this.#told = text;
    if (this.#options.quiet) return;
    eraseBar();
    console.log(text);
  }

  /** Throws what no slide gets around: weights that cannot be used, or a lost device. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
    this.#loaded?.gpu.check();
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
