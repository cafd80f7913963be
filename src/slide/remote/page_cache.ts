/** Pages of a file, cached or being fetched; the least recently used leave first. */
export class PageCache {
  readonly #pages = new Map<
    number,
    { bytes: Promise<Uint8Array>; here: boolean }
  >();
  readonly #most: number;

  /** Makes a cache of at most this many pages. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a page is cached or being fetched. */
  has(page: number): boolean {
    return this.#pages.has(page);
  }

  /** Gets a page that {@linkcode PageCache.has} knows, and marks it as just used. */
  get(page: number): Promise<Uint8Array> {
    const entry = this.#pages.get(page)!;
    this.#pages.delete(page);
    this.#pages.set(page, entry);
    return entry.bytes;
  }

  /** Adds a page that is being fetched; if that fails, it is removed. */
  add(page: number, bytes: Promise<Uint8Array>): void {
    const entry = { bytes, here: false };
    this.#pages.set(page, entry);
    bytes.then(() => {
      entry.here = true;
      this.#evict();
    }, () => {
      if (this.#pages.get(page) === entry) this.#pages.delete(page);
    });
  }

  #evict(): void {
    if (this.#pages.size <= this.#most) return;
    for (const [page, { here }] of this.#pages) {
      if (!here) continue;
      this.#pages.delete(page);
      if (this.#pages.size <= this.#most) return;
    }
  }
}
