import { cannot } from "../errors/cannot.ts";
import { freeArray } from "../io/free_array.ts";

/** What waits for each signal: one listener for all, since to add and remove one takes as long as to post a block. */
const waiting = new WeakMap<AbortSignal, Set<(reason: unknown) => void>>();

/** Waits for `promise` until the signal aborts, then rejects with its reason; the work itself continues. */
export async function raceSignal<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return await promise;
  promise.catch(() => {}); // it may fail when nobody waits for it anymore
  signal.throwIfAborted();
  const waits = waiting.get(signal) ?? listen(signal);
  return await new Promise((resolve, reject) => {
    waits.add(reject);
    const leave = () => waits.delete(reject);
    promise.then(leave, leave);
    promise.then(resolve, reject);
  });
}

function listen(signal: AbortSignal): Set<(reason: unknown) => void> {
  const waits = new Set<(reason: unknown) => void>();
  waiting.set(signal, waits);
  signal.addEventListener("abort", () => {
    for (const reject of waits) reject(signal.reason);
  }, { once: true });
  return waits;
}

/** What will need a block again: nothing, the next tile, or the next row of tiles. */
export type BlockRank = 0 | 1 | 2;

/** How a block is requested. */
export interface BlockUse {
  /** How long it is worth keeping: blocks of lower ranks leave first, rank 0 before all others. Default: 2. */
  readonly rank?: BlockRank;
  /** Stops waiting, and the load itself once nobody waits for it. */
  readonly signal?: AbortSignal;
}

/** A block in use. Dispose it soon: its memory is freed once it has left the cache and nobody uses it. */
export interface BlockLoan extends Disposable {
  readonly block: Uint8Array;
}

/** Blocks to keep of those that nothing is known to need again: their memory serves for the next ones. */
const MOST_SPENT = 32;

interface Entry {
  promise: Promise<Uint8Array>;
  /** Missing while it is loading. */
  block?: Uint8Array;
  /** Number of callers that wait for it or read it. */
  users: number;
  stop: AbortController;
  rank: BlockRank;
}

/**
 * Keeps decoded blocks, so that a block under several overlapping tiles is decoded once. Those of low rank leave first,
 * and of each rank the least recently used. Blocks still being decoded are shared too.
 */
export class BlockCache {
  #entries = new Map<string, Entry>();
  /** The keys of each rank, least recently used first: sets keep insertion order. */
  #ranks = [new Set<string>(), new Set<string>(), new Set<string>()];
  #bytes = 0;
  #limit: number;
  #free: (block: Uint8Array) => void;

  /** Makes a cache of at most `limit` bytes, or of one block; `free` takes the blocks that have left it. */
  constructor(limit: number, free: (block: Uint8Array) => void = freeArray) {
    this.#limit = limit;
    this.#free = free;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a block is cached or being loaded. */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Returns a cached block, or loads it. A failed load is not cached. */
  async get(
    key: string,
    load: (signal: AbortSignal) => Promise<Uint8Array>,
    { rank = 2, signal }: BlockUse = {},
  ): Promise<BlockLoan> {
    signal?.throwIfAborted();
    const known = this.#entries.get(key);
    const entry = known ?? this.#load(key, load);
    this.#ranks[entry.rank].delete(key);
    this.#ranks[rank].add(key);
    this.#entries.set(key, entry);
    entry.rank = rank;
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
      this.#remove(key, entry);
      if (entry.block) this.#release(key, entry);
      else {entry.stop.abort(
          cannot("read a block", "it is closed", { kind: TypeError }),
        );}
    }
    this.#bytes = 0;
  }

  #load(
    key: string,
    load: (signal: AbortSignal) => Promise<Uint8Array>,
  ): Entry {
    const stop = new AbortController();
    const promise = load(stop.signal);
    const entry: Entry = { promise, users: 0, stop, rank: 2 };
    promise.then((block) => {
      entry.block = block;
      if (this.#entries.get(key) !== entry) return this.#release(key, entry);
      this.#bytes += block.byteLength;
      this.#evict();
    }, () => {
      if (this.#entries.get(key) === entry) this.#remove(key, entry);
    });
    return entry;
  }

  /** Aborts a load that nobody waits for, and frees a block that has left the cache and is not in use. */
  #release(key: string, entry: Entry, reason?: unknown): void {
    if (entry.users > 0) return;
    const kept = this.#entries.get(key) === entry;
    if (!entry.block) {
      if (kept) this.#remove(key, entry);
      entry.stop.abort(reason);
    } else if (!kept) {
      this.#free(entry.block);
    }
  }

  #remove(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#ranks[entry.rank].delete(key);
  }

  #evict(): void {
    const [spent] = this.#ranks;
    for (const keys of this.#ranks) {
      for (const key of keys) {
        const tooMany = keys === spent && keys.size > MOST_SPENT;
        if (this.#bytes <= this.#limit && !tooMany) break;
        const entry = this.#entries.get(key)!;

        // Blocks being decoded have no size yet, and their readers are waiting.
        if (!entry.block) continue;
        const bytes = entry.block.byteLength;
        // One block is kept whatever its size: pictures of a single strip are read from it again and again.
        if (bytes === this.#bytes) return;
        this.#remove(key, entry);
        this.#bytes -= bytes;
        this.#release(key, entry);
      }
    }
  }
}
