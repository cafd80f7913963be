/// <reference lib="dom" />

/** A thumbnail: a picture's URL, or why there is none. */
export interface Thumbnail {
  readonly url?: string;
  readonly error?: string;
}

/** Requests at a time: the others are for the slide that is looked at. */
const AT_ONCE = 2;

/** Fetches thumbnails of the slides that are in sight, and keeps them. */
export class Thumbnails {
  readonly #known = new Map<number, Thumbnail>();
  readonly #running = new Map<number, AbortController>();
  readonly #changed: () => void;
  #wanted: readonly number[] = [];

  /** @param changed Called when one has come. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The thumbnail of a slide, if it is there. */
  get(number: number): Thumbnail | undefined {
    return this.#known.get(number);
  }

  /** Fetches these, in this order, and no others anymore. */
  want(numbers: readonly number[]): void {
    this.#wanted = numbers;
    for (const [number, stop] of this.#running) {
      if (!numbers.includes(number)) stop.abort();
    }
    this.#next();
  }

  #next(): void {
    for (const number of this.#wanted) {
      if (this.#running.size >= AT_ONCE) return;
      if (this.#known.has(number) || this.#running.has(number)) continue;
      const stop = new AbortController();
      this.#running.set(number, stop);
      this.#fetch(number, stop.signal).catch(() => undefined).then((found) => {
        this.#running.delete(number);
        if (found) {
          this.#known.set(number, found);
          this.#changed();
        }
        // After a failure of the connection, scrolling tries again.
        if (found || stop.signal.aborted) this.#next();
      });
    }
  }

  async #fetch(number: number, signal: AbortSignal): Promise<Thumbnail> {
    const response = await fetch(`/slides/${number}/thumbnail`, { signal });
    const type = response.headers.get("content-type") ?? "";
    if (type.startsWith("image/")) {
      return { url: URL.createObjectURL(await response.blob()) };
    }
    const error = (await response.text()).trim();
    return error ? { error } : {};
  }
}
