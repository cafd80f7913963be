/** A run of pages from `first` up to `end`, exclusive. */
export interface PageRun {
  readonly first: number;
  readonly end: number;
}

/**
 * Merges pages, in ascending order, into runs that are fetched in one request each: neighbors, and pages whose gaps add up
 * to no more than a tenth of the requested pages.
 */
export function mergePages(
  pages: readonly number[],
  { most }: { readonly most: number },
): PageRun[] {
  const runs: { first: number; end: number }[] = [];
  let wanted = 0;
  for (const page of pages) {
    const run = runs.at(-1);
    const pagesInRun = run ? page + 1 - run.first : 0;
    if (
      run && pagesInRun <= most && (pagesInRun - wanted - 1) * 10 <= wanted + 1
    ) {
      run.end = page + 1;
      wanted++;
    } else {
      runs.push({ first: page, end: page + 1 });
      wanted = 1;
    }
  }
  return runs;
}

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

  /** Gets a page for which {@linkcode PageCache.has} is true, and marks it as just used. */
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
