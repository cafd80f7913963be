import { decodeBlock } from "../../src/slide/codecs/decode_block.ts";
import type {
  DecodeReply,
  DecodeRequest,
  DecodeResult,
} from "../../src/slide/codecs/decode_worker.ts";

/** How a thread that decodes blocks fails. */
export type WorkerFault =
  /** It ends with an error at a block. */
  | "dies"
  /** It ends at a block, and nobody says so. */
  | "ends"
  /** It takes no block. */
  | "refuses"
  /** It cannot be made. */
  | "throws at start"
  /** It ends with an error before it is ready. */
  | "fails at start"
  /** It never says that it is ready. */
  | "never starts";

/** All of them. */
export const WORKER_FAULTS: readonly WorkerFault[] = [
  ...["dies", "ends", "refuses"] as const,
  ...["throws at start", "fails at start", "never starts"] as const,
];

/**
 * Has the n-th block that threads decode fail, or the n-th thread that is started. Its threads are this one, so that what they
 * decode does not depend on how fast others start. Until it is disposed of, `Worker` makes such threads.
 */
export class FaultyWorkers implements Disposable {
  /** Blocks, or threads, so far. */
  calls = 0;
  /** What failed. */
  failed: string | undefined;
  readonly #fault: WorkerFault;
  readonly #at: number;
  readonly #before = globalThis.Worker;

  /** @param at The block or thread that fails, from 0; `Infinity` only counts. */
  constructor(fault: WorkerFault, at: number) {
    this.#fault = fault;
    this.#at = at;
    const fails = (call: "block" | "thread") => this.#fails(call);
    const made = class extends FakeWorker {
      constructor() {
        super(fault, fails);
      }
    };
    globalThis.Worker = made as unknown as typeof Worker;
  }

  /** Gives `Worker` back. */
  [Symbol.dispose](): void {
    globalThis.Worker = this.#before;
  }

  #fails(call: "block" | "thread"): boolean {
    const counted = / start|starts$/.test(this.#fault) ? "thread" : "block";
    if (call !== counted || this.calls++ !== this.#at) return false;
    this.failed = call;
    return true;
  }
}

/** A worker whose thread is this one. */
class FakeWorker {
  onmessage: ((event: { readonly data: DecodeReply }) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  readonly #fault: WorkerFault;
  readonly #fails: (call: "block" | "thread") => boolean;
  #ended = false;

  constructor(
    fault: WorkerFault,
    fails: (call: "block" | "thread") => boolean,
  ) {
    this.#fault = fault;
    this.#fails = fails;
    const failed = fails("thread");
    if (failed && fault === "throws at start") throw new Error("injected");
    queueMicrotask(() => {
      if (!failed) this.#reply({ ready: true });
      else if (fault === "fails at start") this.#die();
    });
  }

  terminate(): void {
    this.#ended = true;
  }

  postMessage(request: DecodeRequest, transfer: Transferable[]): void {
    if (this.#ended) return;
    if (this.#fails("block")) {
      if (this.#fault === "refuses") {
        throw new DOMException("injected", "DataCloneError");
      }
      this.#ended = true;
      if (this.#fault === "dies") queueMicrotask(() => this.#die());
      return;
    }
    void this.#decode(structuredClone(request, { transfer }));
  }

  async #decode({ id, jobs }: DecodeRequest): Promise<void> {
    const results: DecodeResult[] = [];
    for (const job of jobs) {
      results.push({ rgb: (await decodeBlock(job)).slice() });
    }
    this.#reply({ id, results });
  }

  #reply(data: DecodeReply): void {
    if (!this.#ended) this.onmessage?.({ data });
  }

  #die(): void {
    this.onerror?.(
      new ErrorEvent("error", { message: "injected", cancelable: true }),
    );
  }
}
