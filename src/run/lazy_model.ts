import type { MaskClass } from "../io/classes.ts";
import type { OpenedModel } from "../model_folder/open_model.ts";
import type { ModelOptions } from "../options/model.ts";
import type { TilingOptions } from "../options/tiling.ts";
import { loadModel } from "../predict/load_model.ts";
import type { Model } from "../predict/model.ts";
import { formatGib, type MemoryPlan } from "../predict/plan_memory.ts";
import type { Tuning } from "../predict/tuning.ts";
import { hashFile } from "./fingerprint.ts";
import type { Tell } from "./run_context.ts";
import { isHardware, tuneModel } from "./tune_model.ts";
import { readTuning } from "./tuning_file.ts";

/** Describes how an ensemble shares the GPU's memory; `undefined` if all of it fits. */
export function describeMemory(
  { resident, swapped, batch, needed, capacity }: MemoryPlan,
): string | undefined {
  if (swapped === 0) return undefined;
  const stay = resident === 0
    ? "all"
    : `${resident} stay${resident === 1 ? "s" : ""} on the GPU, ${swapped}`;
  const tiles = batch === 1 ? "every tile" : `every ${batch} tiles`;
  return `${resident + swapped} networks take ${formatGib(needed)}, more than ${
    formatGib(capacity)
  }: ${stay} take turns ${tiles}`;
}

/** Options for {@linkcode LazyModel}. */
export interface LazyModelOptions
  extends ModelOptions, Pick<TilingOptions, "tile" | "expansion"> {
  /** Whether to first measure which kernels are fastest. Default: on GPUs. */
  readonly tune?: boolean;
  /** The classes of the networks' outputs. Default: those that their files say. */
  readonly classes?: readonly MaskClass[];
  /** The model's folder, if it has one: its weights are those of `weights`. */
  readonly opened?: OpenedModel;
}

/** The model of a run, hashed and loaded when the first slide needs it: maybe all are complete, or none opens. */
export class LazyModel implements AsyncDisposable {
  #hashes: Promise<string[]> | undefined;
  #model: Promise<Model> | undefined;
  #loaded: Model | undefined;
  #told: string | undefined;
  #failure: { readonly error: unknown } | undefined;
  #capacity = Infinity;
  #tuned = false;
  readonly #options: LazyModelOptions;
  readonly #tell: Tell;
  readonly #signal: AbortSignal;
  readonly #tuning: Tuning | undefined;

  /** Loads nothing yet. */
  constructor(
    options: LazyModelOptions,
    { tell, signal, tuning }: {
      readonly tell: Tell;
      readonly signal: AbortSignal;
      /** The kernels to use. Default: those measured on this machine. */
      readonly tuning?: Tuning;
    },
  ) {
    this.#tuning = tuning;
    this.#options = options;
    this.#tell = tell;
    this.#signal = signal;
  }

  /** SHA-256 of each of the weights; then that of `model.json`, if they are a model's. */
  hashes(): Promise<string[]> {
    const { weights, opened } = this.#options;
    return this.#watch(
      this.#hashes ??= opened
        ? Promise.resolve(opened.hashes)
        : Promise.all(weights.map(hashFile)),
    );
  }

  /** Loads the model, once. */
  async load(): Promise<Model> {
    this.#model ??= this.#loadTuned();
    return this.#loaded = await this.#watch(this.#model);
  }

  /** Whether the device has failed: a new one may do. */
  get hasFailed(): boolean {
    try {
      this.#loaded?.check();
      return false;
    } catch {
      return true;
    }
  }

  /** Bytes that the model takes on its device. */
  get bytes(): number {
    return this.#loaded?.bytes ?? 0;
  }

  /**
   * Frees the model: the next `load()` has a new device.
   *
   * @param capacity Bytes that its buffers may take. Default: as before.
   */
  async renew(capacity?: number): Promise<void> {
    const model = this.#loaded;
    this.#loaded = this.#model = this.#failure = undefined;
    this.#capacity = capacity ?? this.#capacity;
    // A device that hangs must not be waited for.
    await Promise.race([
      model?.[Symbol.asyncDispose]().catch(() => {}),
      new Promise((resume) => setTimeout(resume, 5000)),
    ]);
  }

  /** Reports, once, how the GPU's memory is shared if not all networks fit. */
  tellMemory(plan: MemoryPlan): void {
    const text = describeMemory(plan);
    if (text === undefined || text === this.#told) return;
    this.#told = text;
    this.#tell({ kind: "memory", text });
  }

  /** Throws if no slide can be processed: weights cannot be used, or the device is lost. */
  check(): void {
    if (this.#failure) throw this.#failure.error;
    this.#loaded?.check();
  }

  /** Loads the model with the measurements of this machine, and measures the rest if requested. */
  async #loadTuned(): Promise<Model> {
    const { arch, weights, precision, memory, device, opened, classes } =
      this.#options;
    const side = this.#options.tile + this.#options.expansion;
    const signal = this.#signal;
    const tuning = this.#tuning ?? await readTuning();
    const most = Math.min(memory ? memory * 2 ** 30 : Infinity, this.#capacity);
    const maxBytes = most === Infinity ? undefined : most;
    const settings = {
      ...{ device, precision, maxBytes, side, tuning, signal },
      normalization: this.#options.normalization,
      ...(classes && { classes }),
    };
    const model = opened
      ? await opened.load(settings)
      : await loadModel(arch, weights, settings);
    const { about } = model;
    await this.#tell({ kind: "device", about, precision: model.precision });
    if (this.#tuned) return model;
    this.#tuned = true; // once, also if the device fails meanwhile
    try {
      const tell = this.#tell;
      const { tune = isHardware(model) && !this.#tuning } = this.#options;
      if (tune) {
        await tuneModel(model, {
          ...{ side, tuning, signal, tell },
          asked: this.#options.tune ?? false,
        });
      }
      return model;
    } catch (error) {
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
