import { cannot } from "../errors/cannot.ts";
import { Semaphore } from "../io/semaphore.ts";
import type { BlockJob } from "./codecs/block_job.ts";
import { decodeBlock, isRaw } from "./codecs/decode_block.ts";
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
      this.stop(
        cannot("decode a block", `a decoding thread failed: ${event.message}`),
      );
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

  /** Ends the thread and rejects the blocks it was decoding. */
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

/** Bytes of RGB to decode before threads start: for small pictures, starting them takes longer. */
const WARM_UP_BYTES = 12e6;
/** Idle time after which threads end, so that an unclosed slide does not keep the process alive. */
const IDLE_MS = 2000;
/** More threads would only wait for memory and files. */
const MAX_THREADS = 16;

/** Bytes that are read and decoded at a time, and blocks for each thread. */
const BUDGET = 2 ** 28;
const BLOCKS_A_THREAD = 8;

interface Waiting {
  job: BlockJob;
  signal?: AbortSignal;
  resolve: (rgb: Uint8Array) => void;
  reject: (reason: unknown) => void;
}

/**
 * Decodes blocks on threads. All slides share the pool of their number of threads: the first block starts them, the
 * last slide to be closed ends them. If threads cannot start, blocks are decoded on the caller's thread.
 */
export class DecodePool implements Disposable {
  static #shared = new Map<number, { pool: DecodePool; users: number }>();

  /** Maximum number of threads. */
  readonly size: number;
  /** Budget of bytes in flight; acquire from it before a block is read. */
  readonly budget: Semaphore;
  #threads: DecodeThread[] = [];
  #waiting: Waiting[] = [];
  #decoded = 0;
  #broken = false;
  #here = false;
  #idle: ReturnType<typeof setTimeout> | undefined;

  private constructor(size: number) {
    this.size = size;
    this.budget = new Semaphore({
      count: Math.max(size, 2) * BLOCKS_A_THREAD,
      weight: BUDGET,
    });
    this.#broken = size === 0 || typeof Worker === "undefined";
  }

  /** Joins the pool of `size` threads; dispose of the result. Default: one thread per core. */
  static join(
    size: number = Math.min(navigator.hardwareConcurrency || 1, MAX_THREADS),
  ): { readonly pool: DecodePool } & Disposable {
    const shared = this.#shared.get(size) ??
      { pool: new DecodePool(size), users: 0 };
    this.#shared.set(size, shared);
    shared.users++;
    let left = false;
    return {
      pool: shared.pool,
      [Symbol.dispose]: () => {
        if (left) return;
        left = true;
        if (--shared.users > 0) return;
        this.#shared.delete(size);
        shared.pool[Symbol.dispose]();
      },
    };
  }

  /** Threads that have started. */
  get threads(): number {
    return this.#threads.filter(({ ready }) => ready).length;
  }

  /**
   * Decodes a block to RGB. Its parts are transferred and must not be read again.
   *
   * @throws What {@linkcode decodeBlock} throws, or the signal's reason if it is aborted before its turn.
   */
  async decode(job: BlockJob, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#broken || isRaw(job.format)) return await decodeBlock(job);
    this.#decoded += job.width * job.height * 3;
    if (this.#threads.length === 0) {
      if (this.#decoded < WARM_UP_BYTES) return await decodeBlock(job);
      this.#start();
    }
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ job, signal, resolve, reject });
      this.#handOut();
    });
  }

  [Symbol.dispose](): void {
    this.#stop(cannot("decode a block", "it is closed", { kind: TypeError }));
    for (const { reject } of this.#waiting.splice(0)) {
      reject(cannot("decode a block", "it is closed", { kind: TypeError }));
    }
  }

  #start(): void {
    for (let i = 0; i < this.size; i++) {
      const thread = DecodeThread.start({
        onFree: () => this.#handOut(),
        onFailure: () => {
          this.#threads = this.#threads.filter((other) => other !== thread);
          this.#broken = this.#threads.length === 0;
          this.#handOut();
        },
      });
      if (!thread) break;
      this.#threads.push(thread);
    }
    this.#broken = this.#threads.length === 0;
  }

  #stop(reason: Error): void {
    clearTimeout(this.#idle);
    for (const thread of this.#threads.splice(0)) thread.stop(reason);
  }

  #handOut(): void {
    clearTimeout(this.#idle);
    while (this.#waiting.length > 0) {
      if (this.#waiting[0].signal?.aborted) {
        const { signal, reject } = this.#waiting.shift()!;
        reject(signal!.reason);
        continue;
      }
      const thread = this.#threads.filter(({ free }) => free > 0)
        .toSorted((a, b) => b.free - a.free).at(0);
      if (!thread) break;
      const { job, resolve, reject } = this.#waiting.shift()!;
      thread.decode(job).then(resolve, reject);
    }
    if (this.#waiting.length > 0 && this.threads === 0) this.#decodeHere();
    if (this.#threads.length > 0 && this.#threads.every(({ busy }) => !busy)) {
      this.#idle = setTimeout(
        () => this.#stop(cannot("decode a block", "idle")),
        IDLE_MS,
      );
    }
  }

  /** Decodes on this thread while the others start, or if they cannot. */
  async #decodeHere(): Promise<void> {
    if (this.#here) return;
    this.#here = true;
    while (this.#waiting.length > 0 && this.threads === 0) {
      const { job, signal, resolve, reject } = this.#waiting.shift()!;
      if (signal?.aborted) reject(signal.reason);
      else await decodeBlock(job).then(resolve, reject);
      // Threads say that they are ready between tasks.
      await new Promise((resume) => setTimeout(resume, 0));
    }
    this.#here = false;
    this.#handOut();
  }
}
