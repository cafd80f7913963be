/**
 * Keeps decoded blocks, the least recently used leaving first, so that a block under several overlapping tiles is
 * decoded once. Blocks still being decoded are shared too.
 */
export class BlockCache {
  #entries = new Map<string, { block: Promise<Uint8Array>; bytes: number }>();
  #bytes = 0;
  #limit: number;

  /** Makes a cache of at most `limit` bytes, or of one block. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Gets a block, or loads it; a load that fails is not kept. */
  get(key: string, load: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#entries.get(key);
    if (known) {
      // A map keeps the order of insertion: the last used goes to its end.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.block;
    }
    const entry = { block: load(), bytes: 0 };
    this.#entries.set(key, entry);
    entry.block.then((block) => {
      if (this.#entries.get(key) !== entry) return;
      entry.bytes = block.byteLength;
      this.#bytes += entry.bytes;
      this.#evict();
    }, () => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.block;
  }

  /** Forgets every block. */
  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #evict(): void {
    for (const [key, entry] of this.#entries) {
      // One block is kept whatever its size: pictures of a single strip are read from it again and again.
      if (this.#bytes <= this.#limit || entry.bytes === this.#bytes) return;
      // Blocks being decoded have no size yet, and their readers are waiting.
      if (entry.bytes === 0) continue;
      this.#entries.delete(key);
      this.#bytes -= entry.bytes;
    }
  }
}
