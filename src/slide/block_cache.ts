/** How a block is asked for. */
export interface BlockUse {
  /** Whether it may be forgotten before others, since nobody will want it soon. */
  readonly expendable?: boolean;
  /** Ends the wait; and the load too, once nobody waits for it. */
  readonly signal?: AbortSignal;
}

interface Entry {
  block: Promise<Uint8Array>;
  /** 0 while it is being loaded. */
  bytes: number;
  waiting: number;
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

  /** Gets a block, or loads it; a load that fails is not kept. */
  async get(
    key: string,
    load: (signal: AbortSignal) => Promise<Uint8Array>,
    { expendable = false, signal }: BlockUse = {},
  ): Promise<Uint8Array> {
    signal?.throwIfAborted();
    const known = this.#entries.get(key);
    // A map keeps the order of insertion: the last used goes to its end.
    if (known) this.#entries.delete(key);
    const entry = known ?? this.#load(key, load);
    this.#entries.set(key, entry);
    entry.expendable = expendable;
    if (entry.bytes > 0 || !signal) {
      entry.waiting++;
      return await entry.block;
    }
    return await new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason);
        if (--entry.waiting > 0 || entry.bytes > 0) return;
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
        entry.stop.abort(signal.reason);
      };
      entry.waiting++;
      signal.addEventListener("abort", leave, { once: true });
      entry.block.then(resolve, reject).finally(() =>
        signal.removeEventListener("abort", leave)
      );
    });
  }

  /** Forgets every block, and stops those being loaded. */
  clear(): void {
    for (const { bytes, stop } of this.#entries.values()) {
      if (bytes === 0) stop.abort(new TypeError("it was closed"));
    }
    this.#entries.clear();
    this.#bytes = 0;
  }

  #load(
    key: string,
    load: (signal: AbortSignal) => Promise<Uint8Array>,
  ): Entry {
    const stop = new AbortController();
    const block = load(stop.signal);
    const entry = { block, bytes: 0, waiting: 0, stop, expendable: false };
    block.then(({ byteLength }) => {
      if (this.#entries.get(key) !== entry) return;
      entry.bytes = byteLength;
      this.#bytes += byteLength;
      this.#evict();
    }, () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry;
  }

  #evict(): void {
    let spare = 0;
    for (const { bytes, expendable } of this.#entries.values()) {
      if (expendable) spare += bytes;
    }
    for (const expendable of [true, false]) {
      for (const [key, entry] of this.#entries) {
        const fits = this.#bytes <= this.#limit &&
          !(expendable && spare > this.#spare);
        // One block is kept whatever its size: pictures of a single strip are read from it again and again.
        if (entry.bytes === this.#bytes) return;
        if (fits) break;
        // Blocks being decoded have no size yet, and their readers are waiting.
        if (entry.bytes === 0 || entry.expendable !== expendable) continue;
        this.#entries.delete(key);
        this.#bytes -= entry.bytes;
        spare -= entry.bytes;
      }
    }
  }
}
