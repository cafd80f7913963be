import { cannot } from "../errors/cannot.ts";
import { freeArray } from "../io/free_array.ts";
import { Semaphore } from "../io/semaphore.ts";
import type { BlockJob } from "./codecs/block_job.ts";
import { decodeBlock, isRaw } from "./codecs/decode_block.ts";
import { type DecodeTask, DecodeThread } from "./decode_thread.ts";

/** Bytes of RGB to decode before threads start: for small pictures, starting them takes longer. */
const WARM_UP_BYTES = 12e6;
/** Idle time after which threads end, so that an unclosed slide does not keep the process alive. */
const IDLE_MS = 2000;
/** More threads would only wait for memory and files. */
const MAX_THREADS = 16;

/** Bytes that are read and decoded at a time, and blocks for each thread. */
const BUDGET = 2 ** 28;
const BLOCKS_A_THREAD = 16;
/** Pixels of the blocks that are posted together: a message takes as long as 10,000 of them. */
const BATCH_PIXELS = 2 ** 18;
/** Arrays kept for the results of next blocks. */
const MOST_SPARES = 64;

interface Waiting extends DecodeTask {
  readonly signal?: AbortSignal;
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
  #spares: Uint8Array<ArrayBuffer>[] = [];
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
   * @throws {ThreadError} If its thread fails.
   */
  async decode(job: BlockJob, signal?: AbortSignal): Promise<Uint8Array> {
    if (this.#broken || isRaw(job.format)) {
      return await decodeBlock(this.#withSpare(job));
    }
    this.#decoded += job.width * job.height * 3;
    if (this.#threads.length === 0) {
      if (this.#decoded < WARM_UP_BYTES) {
        return await decodeBlock(this.#withSpare(job));
      }
      this.#start();
    }
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ job, signal, resolve, reject });
      this.#handOut();
    });
  }

  /** Takes the memory of a block that nobody needs again, for the results of others. */
  recycle(block: Uint8Array): void {
    const { buffer } = block;
    const isWhole = buffer instanceof ArrayBuffer && !buffer.detached &&
      buffer.byteLength === block.length && block.length > 0;
    if (!isWhole || this.#spares.length >= MOST_SPARES) return freeArray(block);
    this.#spares.push(block as Uint8Array<ArrayBuffer>);
  }

  /** An array for a block's RGB, if one is left over. */
  #spareFor({ width, height }: BlockJob): Uint8Array<ArrayBuffer> | undefined {
    const length = width * height * 3;
    // Those of other sizes are of a level, or a slide, that is read no more.
    for (let spare = this.#spares.pop(); spare; spare = this.#spares.pop()) {
      if (spare.length === length) return spare;
      freeArray(spare);
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#spares.splice(0).forEach(freeArray);
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
      const thread = this.#threads.filter(({ free }) => free > 0)
        .toSorted((a, b) => b.free - a.free).at(0);
      const batch = thread && this.#takeBatch(thread);
      if (!batch) break;
      if (batch.length > 0) thread.decode(batch);
    }
    if (this.#waiting.length > 0 && this.threads === 0) this.#decodeHere();
    if (this.#threads.length > 0 && this.#threads.every(({ busy }) => !busy)) {
      this.#idle = setTimeout(
        () => this.#stop(cannot("decode a block", "idle")),
        IDLE_MS,
      );
    }
  }

  /** Takes blocks to post together: a thread that has work gets a full batch, or none yet; an idle one its share at once. */
  #takeBatch({ busy }: DecodeThread): DecodeTask[] | undefined {
    const { width, height } = this.#waiting[0].job;
    const full = Math.max(1, Math.floor(BATCH_PIXELS / (width * height)));
    const { length } = this.#waiting;
    if (busy && length < full) return undefined;
    const share = busy ? full : Math.ceil(length / this.#threads.length);
    return this.#waiting.splice(0, Math.min(full, share))
      .filter(({ signal, reject }) => {
        if (signal?.aborted) reject(signal.reason);
        return !signal?.aborted;
      })
      .map((task) => ({ ...task, job: this.#withSpare(task.job) }));
  }

  #withSpare(job: BlockJob): BlockJob {
    return { ...job, into: this.#spareFor(job) };
  }

  /** Decodes on this thread while the others start, or if they cannot. */
  async #decodeHere(): Promise<void> {
    if (this.#here) return;
    this.#here = true;
    while (this.#waiting.length > 0 && this.threads === 0) {
      const { job, signal, resolve, reject } = this.#waiting.shift()!;
      if (signal?.aborted) reject(signal.reason);
      else await decodeBlock(this.#withSpare(job)).then(resolve, reject);
      // Threads say that they are ready between tasks.
      await new Promise((resume) => setTimeout(resume, 0));
    }
    this.#here = false;
    this.#handOut();
  }
}
