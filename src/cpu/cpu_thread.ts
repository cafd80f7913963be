import { reasonOf } from "../errors/cannot.ts";
import { type GpuError, gpuFailure } from "../gpu/gpu_error.ts";
import type {
  CpuCommand,
  CpuReply,
  CpuRequest,
  CpuTimes,
} from "./cpu_worker.ts";
import { CPU_ACTION, disableTelemetry, importFailure } from "./onnxruntime.ts";

/**
 * Never called. It tells `deno cache`, `deno install` and `deno compile` that the worker's script belongs to the
 * program.
 */
export const importWorker = (): Promise<unknown> => import("./cpu_worker.ts");

/** What a command returns. */
export interface CpuResult {
  /** Milliseconds by step. */
  readonly times: CpuTimes;
  /** The results of a tile. */
  readonly buffer?: ArrayBuffer;
}

/** Milliseconds that a command may take: far more than any does. */
const PATIENCE = 600_000;
/** Milliseconds in which a thread must end. */
const ENDING = 10_000;

/**
 * A module worker that runs networks by onnxruntime, whose runs block their thread. Once it has failed, all calls throw its
 * failure.
 */
export class CpuThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<CpuResult>>();
  readonly #ready = Promise.withResolvers<void>();
  #next = 0;
  #failure: GpuError | undefined;
  #alarm: ReturnType<typeof setTimeout> | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.#ready.promise.catch(() => {}); // start() awaits it
    worker.onmessage = ({ data }: MessageEvent<CpuReply>) =>
      this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault(); // Deno would end the process.
      this.#fail(lost(`its thread failed: ${event.message}`));
    };
  }

  /**
   * Starts a thread and loads the package.
   *
   * @throws {GpuError} If the package is missing or not permitted; the message has the way out.
   */
  static async start(): Promise<CpuThread> {
    disableTelemetry();
    let thread: CpuThread;
    try {
      thread = new CpuThread(
        // In one expression, as bundlers look for it.
        new Worker(new URL("./cpu_worker.ts", import.meta.url), {
          type: "module",
        }),
      );
    } catch (cause) {
      throw lost(`its thread cannot start: ${reasonOf(cause)}`);
    }
    await thread.#ready.promise;
    return thread;
  }

  /** Throws the thread's failure, if it has failed. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * Has a command done after those before. What it transfers must not be used again.
   *
   * @throws {GpuError} If the command or the thread fails.
   */
  async call(
    command: CpuCommand,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<CpuResult> {
    this.check();
    const id = this.#next++;
    const waiting = Promise.withResolvers<CpuResult>();
    this.#waiting.set(id, waiting);
    this.#watch();
    const request: CpuRequest = { id, command };
    this.#worker.postMessage(request, [...transfer]);
    return await waiting.promise;
  }

  #receive(reply: CpuReply): void {
    if ("ready" in reply) {
      if (reply.failure === undefined) return this.#ready.resolve();
      return this.#fail(importFailure(reply.failure));
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    this.#watch();
    if (!("error" in reply)) return waiting?.resolve(reply);
    const failure = commandFailure(reply.error);
    waiting?.reject(failure);
    // What is left of its memory is in pieces: another thread starts afresh.
    if (failure.kind === "out-of-memory") this.#fail(failure);
  }

  /** Gives the thread up if it is silent for too long. */
  #watch(): void {
    clearTimeout(this.#alarm);
    if (this.#waiting.size === 0) return;
    const seconds = Math.round(PATIENCE / 1000);
    this.#alarm = setTimeout(() => {
      const reason = `onnxruntime has not answered for ${seconds} s`;
      this.#fail(gpuFailure("hung", { action: CPU_ACTION, reason }));
    }, PATIENCE);
  }

  #fail(failure: GpuError): void {
    this.#failure ??= failure;
    clearTimeout(this.#alarm);
    this.#worker.terminate();
    this.#ready.reject(this.#failure);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }

  /** Frees the networks and ends the thread, after what it is doing. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#failure) return;
    const ended = this.call({ kind: "end" }).catch(() => {});
    this.#failure = lost("it was disposed");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ENDING);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
    this.#fail(this.#failure);
  }
}

function lost(reason: string): GpuError {
  return gpuFailure("lost", { action: CPU_ACTION, reason });
}

/** An error of onnxruntime, or of an array that is too large. */
function commandFailure(message: string): GpuError {
  const isFull = /bad_alloc|allocat|out of memory/i.test(message);
  return gpuFailure(isFull ? "out-of-memory" : "validation", {
    action: CPU_ACTION,
    reason: isFull
      ? `memory ran out (${message}); use smaller tiles`
      : `onnxruntime reported an error (${message})`,
  });
}
