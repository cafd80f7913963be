import { freeArray } from "./free_array.ts";
import { raceSignal } from "./race_signal.ts";

/** How a block is asked for. */
export interface BlockUse {
  /** Whether it may be forgotten before others, since nobody will want it soon. */
  readonly expendable?: boolean;
  /** Ends the wait; and the load too, once nobody waits for it. */
  readonly signal?: AbortSignal;
}

/** A block that is being read; dispose it soon, for its memory is given back once it is forgotten and nobody reads it. */
export interface BlockLoan extends Disposable {
  readonly block: Uint8Array;
}

interface Entry {
  promise: Promise<Uint8Array>;
  /** None while it is being loaded. */
  block?: Uint8Array;
  /** How many wait for it or read it. */
  users: number;
  stop: AbortController;
  expendable: boolean;
}

/**
 * Keeps decoded blocks, so that a block under several overlapping tiles is decoded once. Expendable ones leave first,
 * and of either kind the least recently used. Blocks still being decoded are shared too.
 */
export class BlockCache {
  #entries = new Map<string, Entry>();
  #bytes = 0;
  #limit: number;
  #spare: number;

  /** Makes a cache of at most `limit` bytes, or of one block; of them at most `spare` are of expendable blocks. */
  constructor(limit: number, spare: number = limit) {
    this.#limit = limit;
    this.#spare = spare;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a block is here or under way. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Lends a block, or loads it; a load that fails is not kept. */
  async get(
    key: string,
    load: (signal: AbortSignal) => Promise<Uint8Array>,
    { expendable = false, signal }: BlockUse = {},
  ): Promise<BlockLoan> {
    signal?.throwIfAborted();
    const known = this.#entries.get(key);
    // A map keeps the order of insertion: the last used goes to its end.
    if (known) this.#entries.delete(key);
    const entry = known ?? this.#load(key, load);
    this.#entries.set(key, entry);
    entry.expendable = expendable;
    entry.users++;
    const leave = (reason?: unknown): void => {
      entry.users--;
      this.#release(key, entry, reason);
    };
    try {
      const block = entry.block ?? await raceSignal(entry.promise, signal);
      return { block, [Symbol.dispose]: () => leave() };
    } catch (error) {
      leave(error);
      throw error;
    }
  }

  /** Forgets every block, and stops those being loaded. */
  clear(): void {
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      if (entry.block) this.#release(key, entry);
      else entry.stop.abort(new TypeError("it was closed"));
    }
    this.#bytes = 0;
  }

  #load(
    key: string,
    load: (signal: AbortSignal) => Promise<Uint8Array>,
  ): Entry {
    const stop = new AbortController();
    const promise = load(stop.signal);
    const entry: Entry = { promise, users: 0, stop, expendable: false };
    promise.then((block) => {
      entry.block = block;
      if (this.#entries.get(key) !== entry) return this.#release(key, entry);
      this.#bytes += block.byteLength;
      this.#evict();
    }, () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry;
  }

  /** Ends a load that nobody waits for, and frees a block that is forgotten and that nobody reads. */
  #release(key: string, entry: Entry, reason?: unknown): void {
    if (entry.users > 0) return;
    const kept = this.#entries.get(key) === entry;
    if (!entry.block) {
      if (kept) this.#entries.delete(key);
      entry.stop.abort(reason);
    } else if (!kept) {
      freeArray(entry.block);
    }
  }

  #evict(): void {
    let spare = 0;
    for (const { block, expendable } of this.#entries.values()) {
      if (expendable && block) spare += block.byteLength;
    }
    for (const expendable of [true, false]) {
      for (const [key, entry] of this.#entries) {
        const fits = this.#bytes <= this.#limit &&
          !(expendable && spare > this.#spare);
        const bytes = entry.block?.byteLength ?? 0;
        // One block is kept whatever its size: pictures of a single strip are read from it again and again.
        if (bytes === this.#bytes) return;
        if (fits) break;
        // Blocks being decoded have no size yet, and their readers are waiting.
        if (bytes === 0 || entry.expendable !== expendable) continue;
        this.#entries.delete(key);
        this.#bytes -= bytes;
        spare -= bytes;
        this.#release(key, entry);
      }
    }
  }
}
