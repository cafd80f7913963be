import { GpuError, gpuFailure, messageOf } from "./gpu_error.ts";

/** Options for {@linkcode DeviceHealth.guard}. */
export interface GuardOptions {
  /** Milliseconds after which the device is taken to hang. Default: 600000, ten minutes. */
  readonly limit?: number;
  /** Stops waiting, with the signal's reason. */
  readonly signal?: AbortSignal;
}

const LIMIT = 600_000;
const ACTION = "use the GPU";

/**
 * Whether a device works: the first failure that it reports, its loss, or that it hangs, for all that wait for it and all
 * that use it later.
 */
export class DeviceHealth implements Disposable {
  readonly #device: GPUDevice;
  /** Pending calls of `guard()`. A promise of the failure would keep all of them alive as long as the device. */
  readonly #waiting = new Set<(error: GpuError) => void>();
  #failure: GpuError | undefined;
  #disposed = false;

  /** Watches a device until it is disposed of. */
  constructor(device: GPUDevice) {
    this.#device = device;
    device.addEventListener("uncapturederror", this.#onError);
    device.lost.then((info) => {
      if (this.#disposed) return;
      const why = messageOf(info) || info.reason;
      const reason = `the device was lost (${why})`;
      this.#fail(gpuFailure("lost", { action: ACTION, reason }));
    });
  }

  readonly #onError = (event: Event) => {
    event.preventDefault?.();
    const { error } = event as GPUUncapturedErrorEvent;
    this.#fail(reportedError(error));
  };

  /** Throws the device's first failure, if any. */
  check(): void {
    if (this.#failure) throw this.#failure;
    if (!this.#disposed) return;
    throw gpuFailure("lost", { action: ACTION, reason: "it was disposed" });
  }

  /** Makes a call that must not throw but may, as a driver's fault: it throws a {@linkcode GpuError}. */
  attempt<T>(call: () => T): T {
    this.check();
    try {
      return call();
    } catch (cause) {
      throw cause instanceof GpuError ? cause : reportedError(cause as Error);
    }
  }

  /** Awaits a promise, but throws as soon as the device fails, hangs, or the signal aborts. */
  async guard<T>(
    promise: Promise<T>,
    { limit = LIMIT, signal }: GuardOptions = {},
  ): Promise<T> {
    this.check();
    signal?.throwIfAborted();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal!.reason);
    this.#waiting.add(reject);
    signal?.addEventListener("abort", stop);
    const timer = setTimeout(() => this.#fail(hung(limit)), limit);
    try {
      const result = await Promise.race([promise, failed]);
      this.check();
      return result;
    } catch (cause) {
      promise.catch(() => {}); // nobody waits for it any more
      if (signal?.aborted && cause === signal.reason) throw cause;
      throw cause instanceof GpuError ? cause : await this.#explain(cause);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      this.#waiting.delete(reject);
    }
  }

  #fail(error: GpuError): void {
    this.#failure ??= error;
    for (const tell of this.#waiting) tell(this.#failure);
  }

  /** A failing device may reject pending work before it reports its failure, so this waits briefly for the report. */
  async #explain(cause: unknown): Promise<GpuError> {
    if (!this.#failure) {
      const { promise: told, resolve } = Promise.withResolvers<void>();
      const tell = () => resolve();
      this.#waiting.add(tell);
      const timer = setTimeout(resolve, 100);
      await told;
      clearTimeout(timer);
      this.#waiting.delete(tell);
    }
    return this.#failure ?? reportedError(cause as Error);
  }

  /** Stops watching; later calls throw. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#device.removeEventListener("uncapturederror", this.#onError);
  }
}

function hung(limit: number): GpuError {
  const reason = `the device has not answered for ${
    Math.round(limit / 1000)
  } s`;
  return gpuFailure("hung", { action: ACTION, reason });
}

/** An error that the device reported, or that a call threw. */
function reportedError(cause: Error | GPUError): GpuError {
  const kind = cause.constructor.name === "GPUOutOfMemoryError"
    ? "out-of-memory"
    : "validation";
  const reason = `the device reported an error (${messageOf(cause)})`;
  return gpuFailure(kind, { action: ACTION, reason, cause });
}
