import type { Model } from "../predict/model.ts";
import type { Tuning } from "../predict/tuning.ts";
import type { Tell } from "./run_context.ts";
import { mayKeepTuning, writeTuning } from "./tuning_file.ts";

/** Options for {@linkcode tuneModel}. */
export interface TuneModelOptions {
  /** Side of the tiles, expansion included. */
  readonly side: number;
  /** What the model was loaded with. */
  readonly tuning: Tuning;
  /** Whether the user asked for it, so that the result must be kept. */
  readonly asked: boolean;
  readonly tell: Tell;
  readonly signal: AbortSignal;
}

/** Whether a model runs on a GPU, where measuring takes seconds; on software adapters, it takes minutes. */
export function isHardware({ backend: { gpu } }: Model): boolean {
  return gpu?.hardware !== undefined;
}

/**
 * Measures which kernels are fastest, as far as that is unknown, and keeps the result where that is permitted; says so where
 * it is not.
 *
 * @throws {Error} If the result is asked for and cannot be kept.
 * @throws {GpuError} If the device fails.
 */
export async function tuneModel(
  model: Model,
  { side, tuning, asked, tell, signal }: TuneModelOptions,
): Promise<void> {
  const start = performance.now();
  const count = await model.tune(side, {
    signal,
    onProgress: ({ total }) => tell({ kind: "tuned", total }),
  }).finally(() => tell({ kind: "tiled" }));
  if (count === 0) return;
  if (asked || await mayKeepTuning()) return await writeTuning(tuning);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  await tell({
    kind: "notice",
    text:
      `Measured which kernels are fastest, in ${seconds} s; --tune keeps the result for the next run, --no-tune does without`,
  });
}
