import { explained, reasonOf } from "../errors/cannot.ts";
import { GpuError } from "../gpu/gpu_error.ts";
import type { LazyModel } from "./lazy_model.ts";
import { shownSource, type Tell } from "./run_context.ts";

/** How a slide is tried again after the device has failed. */
export interface Attempt {
  /** Tiles on the GPU at a time. Default: as usual. */
  readonly inFlight?: number;
  /** Whether it is not the first. */
  readonly again: boolean;
}

/**
 * Does the work of a slide. If the GPU fails, it is tried again with a new device, once; if its memory runs out, with one
 * tile at a time, then with half of the memory.
 *
 * @throws What makes it fail.
 */
export async function retryOnDevice<T>(
  work: (attempt: Attempt) => Promise<T>,
  { model, tell, signal, slide: { source, name } }: {
    readonly model: LazyModel;
    readonly tell: Tell;
    readonly signal: AbortSignal;
    readonly slide: { readonly source: string; readonly name: string };
  },
): Promise<T> {
  let attempt: Attempt = { again: false };
  for (let tries = 1;; tries++) {
    try {
      return await work(attempt);
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error, model)) {
        throw explained(error, `segment "${shownSource(source)}"`);
      }
      const isFull = error.kind === "out-of-memory";
      const bytes = model.bytes;
      await model.renew(isFull && tries === 2 ? bytes / 2 : undefined);
      if (tries === (isFull ? 3 : 2)) throw error;
      attempt = { again: true, inFlight: isFull ? 1 : undefined };
      const how = !isFull
        ? "continuing with a new device"
        : tries === 1
        ? "continuing with one tile at a time"
        : "continuing with half of the memory";
      const text = `${reasonOf(error)}; ${how}`;
      await tell({ kind: "warning", slide: name, text });
    }
  }
}

/** Whether a new device may do what failed, unlike weights that no memory holds, or a missing adapter. */
function mayPass(error: unknown, model: LazyModel): error is GpuError {
  return error instanceof GpuError &&
    (model.hasFailed || ["validation", "compile"].includes(error.kind));
}
