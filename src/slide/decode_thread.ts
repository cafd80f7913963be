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

/** What a thread tells its pool. */
export interface ThreadEvents {
  /** It has room for another block. */
  readonly onFree: () => void;
  /** It could not start, or died; what it was given is rejected. */
  readonly onFailure: () => void;
}

/** A module worker that decodes blocks. */
export class DecodeThread {
  /** Whether it has started. */
  ready = false;
  #worker: Worker;
  #jobs = new Map<
    number,
    { resolve: (rgb: Uint8Array) => void; reject: (reason: unknown) => void }
  >();
  #next = 0;
  #events: ThreadEvents;

  private constructor(worker: Worker, events: ThreadEvents) {
    this.#worker = worker;
    this.#events = events;
    worker.onmessage = ({ data }: MessageEvent<DecodeReply>) =>
      this.#receive(data);
    worker.onerror = (event) => {
      event.preventDefault(); // Deno would end the process.
      this.stop(new Error(`a decoding thread failed: ${event.message}`));
      events.onFailure();
    };
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
      this.#jobs.set(id, { resolve, reject });
      this.#worker.postMessage(request, [...new Set(buffers)]);
    });
  }

  /** Ends the thread, and what it was decoding. */
  stop(reason: Error): void {
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
      if ("rgb" in reply) job?.resolve(reply.rgb);
      else {
        const Kind = ERRORS[reply.error.name] ?? Error;
        job?.reject(new Kind(reply.error.message));
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
