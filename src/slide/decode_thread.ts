import { cannot, reasonOf } from "../errors/cannot.ts";
import type { BlockJob } from "./codecs/block_job.ts";
import type {
  DecodeReply,
  DecodeRequest,
  DecodeResult,
} from "./codecs/decode_worker.ts";

/** Batches per thread: one to decode and one waiting. */
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

/** A block for a thread, and who waits for it. */
export interface DecodeTask {
  readonly job: BlockJob;
  readonly resolve: (rgb: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

/** Events of a thread for its pool. */
export interface ThreadEvents {
  /** It has room for another batch. */
  readonly onFree: () => void;
  /** It could not start, or died; its blocks are rejected. */
  readonly onFailure: () => void;
}

/** A module worker that decodes blocks. */
export class DecodeThread {
  /** Whether it has started. */
  ready = false;
  #worker: Worker;
  #batches = new Map<number, readonly DecodeTask[]>();
  #next = 0;
  #alarm: ReturnType<typeof setTimeout> | undefined;
  /** When it was last heard of. */
  #heard = 0;
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

  /** Gives the thread up if it is silent for too long. The alarm is set anew when it goes off, not at each reply. */
  #watch(): void {
    this.#heard = performance.now();
    if (this.#batches.size > 0) return this.#setAlarm();
    clearTimeout(this.#alarm);
    this.#alarm = undefined;
  }

  #setAlarm(): void {
    if (this.#alarm !== undefined) return;
    const pixels = [...this.#batches.values()].flat()
      .reduce((sum, { job: { width, height } }) => sum + width * height, 0);
    const patience = PATIENCE + pixels * PATIENCE_A_PIXEL;
    const set = this.#heard;
    this.#alarm = setTimeout(() => {
      this.#alarm = undefined;
      if (this.#heard !== set) return this.#setAlarm();
      this.#fail(`it was silent for ${Math.round(patience / 1000)} s`);
    }, patience);
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

  /** Batches that it has room for. */
  get free(): number {
    return this.ready ? DEPTH - this.#batches.size : 0;
  }

  /** Whether it is starting or decoding. */
  get busy(): boolean {
    return !this.ready || this.#batches.size > 0;
  }

  /** Decodes blocks, in one message each way; their parts move to the thread. */
  decode(batch: readonly DecodeTask[]): void {
    const id = this.#next++;
    const jobs = batch.map(({ job }) => job);
    const buffers = jobs.flatMap(({ parts, into }) => [...parts, into])
      .flatMap((array) => array ? [array.buffer] : []);
    this.#batches.set(id, batch);
    this.#watch();
    try {
      const request: DecodeRequest = { id, jobs };
      this.#worker.postMessage(request, [...new Set(buffers)]);
    } catch (cause) {
      this.#fail(reasonOf(cause));
    }
  }

  /** Ends the thread and rejects the blocks it was decoding. */
  stop(reason: Error): void {
    clearTimeout(this.#alarm);
    this.#stopped = true;
    this.#worker.onmessage = null;
    this.#worker.terminate();
    for (const { reject } of [...this.#batches.values()].flat()) reject(reason);
    this.#batches.clear();
  }

  #receive(reply: DecodeReply): void {
    if ("ready" in reply) {
      this.ready = true;
    } else {
      const batch = this.#batches.get(reply.id) ?? [];
      this.#batches.delete(reply.id);
      this.#watch();
      batch.forEach((task, i) => settle(task, reply.results[i]));
    }
    this.#events.onFree();
  }
}

function settle({ resolve, reject }: DecodeTask, result: DecodeResult): void {
  if ("rgb" in result) return resolve(result.rgb);
  const { name, reason } = result.error;
  reject(cannot("decode a block", reason, { kind: ERRORS[name] ?? Error }));
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
