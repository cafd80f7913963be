import { type Dispatch, dispatch } from "./dispatch.ts";
import type { Gpu } from "./gpu.ts";
import type { Profiler } from "./profiler.ts";

/** Milliseconds that a submission should take at most, and after which others have their turn. */
const LONG = 250;

/** A dispatch with the name that a profile shows. Default: that of its kernel. */
export type NamedDispatch = Dispatch & { readonly name?: string };

/** Options for {@linkcode Submitter}. */
export interface SubmitterOptions {
  /** Times the dispatches. Default: none. */
  readonly profiler?: Profiler;
  /** Stops between submissions, with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The time in milliseconds. Default: `performance.now`. */
  readonly now?: () => number;
}

/**
 * Submits dispatches so that the thread is not blocked for long. Software drivers compile and compute within the call of
 * `submit()`, for seconds. So each dispatch is submitted alone at first, and from then on with as many others as do not take
 * long; between, timers and signals have their turn. On GPUs the call returns at once, and all is one submission.
 */
export class Submitter {
  readonly #gpu: Gpu;
  readonly #options: SubmitterOptions;
  readonly #now: () => number;
  /** Milliseconds that dispatches have blocked the thread. */
  readonly #took = new WeakMap<NamedDispatch, number>();
  #blocked = 0;

  /** Knows no dispatch yet. */
  constructor(gpu: Gpu, options: SubmitterOptions = {}) {
    this.#gpu = gpu;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Submits dispatches in order. Where no call takes long, all is submitted before the first `await`. */
  async submit(steps: readonly NamedDispatch[]): Promise<void> {
    const expected = (step: NamedDispatch) => this.#took.get(step) ?? Infinity;
    for (let at = 0, end = 0; at < steps.length; at = end) {
      this.#options.signal?.throwIfAborted();
      let sum = expected(steps[end++]);
      while (end < steps.length && sum + expected(steps[end]) <= LONG) {
        sum += expected(steps[end++]);
      }
      const some = steps.slice(at, end);
      const start = this.#now();
      this.#submit(some);
      const took = Math.max(this.#now() - start, 1e-3);
      for (const step of some) {
        const share = some.length > 1 ? expected(step) / sum : 1;
        this.#took.set(step, took * share);
      }
      this.#blocked += took;
      if (this.#blocked < LONG) continue;
      this.#blocked = 0;
      await new Promise((resume) => setTimeout(resume));
    }
  }

  #submit(steps: readonly NamedDispatch[]): void {
    const { profiler } = this.#options;
    const encoder = this.#gpu.encoder("run");
    if (profiler) {
      for (const step of steps) recordPass(encoder, step, profiler);
    } else {
      const pass = encoder.beginComputePass({ label: "run" });
      for (const step of steps) dispatch(pass, step);
      pass.end();
    }
    this.#gpu.submit(encoder);
  }
}

/** Records a dispatch as a pass of its own, which a profiler may time. */
export function recordPass(
  encoder: GPUCommandEncoder,
  step: NamedDispatch,
  profiler?: Profiler,
): void {
  const name = step.name ?? step.pipeline.program.name;
  const pass = encoder.beginComputePass(
    profiler?.pass(name, step) ?? { label: name },
  );
  dispatch(pass, step);
  pass.end();
}
