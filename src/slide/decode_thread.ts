import { cannot, reasonOf } from "../errors/cannot.ts";
import type { BlockJob } from "./codecs/block_job.ts";
import type { DecodeReply, DecodeRequest } from "./codecs/decode_worker.ts";

/** Blocks per thread: one to decode and one waiting. */
const DEPTH = 2;
const ERRORS: Record<string, ErrorConstructor> = {
  SyntaxError,
  RangeError,
  TypeError,
};

/**
 * Never called. It tells `deno cache`, `deno install` and `deno compile` that the worker's script belongs to the
 * program.
 */
export const importWorker = (): Promise<unknown> =>
  import("./codecs/decode_worker.ts");

/** A thread has failed, not its block: another may decode it, from bytes that are read again. */
export class ThreadError extends Error {}

/** Milliseconds in which a thread decodes a block, and what each of its pixels adds: far more than any takes. */
const PATIENCE = 120_000;
const PATIENCE_A_PIXEL = 0.001;

/** Events of a thread for its pool. */
export interface ThreadEvents {
  /** It has room for another block. */
  readonly onFree: () => void;
  /** It could not start, or died; its blocks are rejected. */
  readonly onFailure: () => void;
}

/** A module worker that decodes blocks. */
export class DecodeThread {
  /** Whether it has started. */
  ready = false;
  #worker: Worker;
  #jobs = new Map<
    number,
    {
      pixels: number;
      resolve: (rgb: Uint8Array) => void;
      reject: (reason: unknown) => void;
    }
  >();
  #next = 0;
  #alarm: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #events: ThreadEvents;

  private constructor(worker: Worker, events: ThreadEvents) {
    this.#worker = worker;
    this.#events = events;
    worker.onmessage = ({ data }: MessageEvent<DecodeReply>) =>
      this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault(); // Deno would end the process.
      this.#fail(event.message);
    };
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
    this.stop(
      cannot("decode a block", `a decoding thread failed: ${reason}`, {
        kind: ThreadError,
      }),
    );
    this.#events.onFailure();
  }

  /** Gives the thread up if it is silent for too long. */
  #watch(): void {
    clearTimeout(this.#alarm);
    if (this.#jobs.size === 0) return;
    const pixels = Array.from(this.#jobs.values(), ({ pixels }) => pixels)
      .reduce((sum, count) => sum + count);
    const patience = PATIENCE + pixels * PATIENCE_A_PIXEL;
    this.#alarm = setTimeout(
      () => this.#fail(`it was silent for ${Math.round(patience / 1000)} s`),
      patience,
    );
  }

  /** Starts a thread, or returns `undefined` if that is not allowed. */
  static start(events: ThreadEvents): DecodeThread | undefined {
    try {
      if (!mayRead(import.meta.url)) return undefined;
      return new DecodeThread(
        // In one expression, as bundlers look for it.
        new Worker(new URL("./codecs/decode_worker.ts", import.meta.url), {
          type: "module",
        }),
        events,
      );
    } catch {
      return undefined;
    }
  }

  /** Blocks that it has room for. */
  get free(): number {
    return this.ready ? DEPTH - this.#jobs.size : 0;
  }

  /** Whether it is starting or decoding. */
  get busy(): boolean {
    return !this.ready || this.#jobs.size > 0;
  }

  /** Decodes a block, whose parts move to the thread. */
  decode(job: BlockJob): Promise<Uint8Array> {
    const id = this.#next++;
    const request: DecodeRequest = { id, job };
    const buffers = job.parts.flatMap((part) => part ? [part.buffer] : []);
    return new Promise((resolve, reject) => {
      const pixels = job.width * job.height;
      this.#jobs.set(id, { pixels, resolve, reject });
      this.#watch();
      try {
        this.#worker.postMessage(request, [...new Set(buffers)]);
      } catch (cause) {
        this.#fail(reasonOf(cause));
      }
    });
  }

  /** Ends the thread and rejects the blocks it was decoding. */
  stop(reason: Error): void {
    clearTimeout(this.#alarm);
    this.#stopped = true;
    this.#worker.onmessage = null;
    this.#worker.terminate();
    for (const { reject } of this.#jobs.values()) reject(reason);
    this.#jobs.clear();
  }

  #receive(reply: DecodeReply): void {
    if ("ready" in reply) {
      this.ready = true;
    } else {
      const job = this.#jobs.get(reply.id);
      this.#jobs.delete(reply.id);
      this.#watch();
      if ("rgb" in reply) job?.resolve(reply.rgb);
      else {
        const kind = ERRORS[reply.error.name] ?? Error;
        job?.reject(cannot("decode a block", reply.error.reason, { kind }));
      }
    }
    this.#events.onFree();
  }
}

/** Whether Deno may read the project's files; otherwise it would prompt the user. */
function mayRead(url: string): boolean {
  if (!url.startsWith("file:")) return true;
  const { Deno } = globalThis as unknown as {
    Deno?: {
      permissions: { querySync(of: object): { readonly state: string } };
    };
  };
  const path = new URL(".", url);
  return !Deno ||
    Deno.permissions.querySync({ name: "read", path }).state === "granted";
}
