import { raceSignal } from "../slide/block_cache.ts";
import type { View, ViewLoan } from "./view.ts";

/** A view that its cache closes. */
type OwnedView = View & AsyncDisposable;

interface Entry {
  readonly opening: Promise<OwnedView>;
  /** Number of requests that wait for it or read it. */
  users: number;
}

/** Keeps the views of the last few slides open, so that looking at thousands takes no more memory and files than that. */
export class ViewCache implements AsyncDisposable {
  readonly #open: (number: number, signal: AbortSignal) => Promise<OwnedView>;
  readonly #most: number;
  readonly #ended = new AbortController();
  /** By the slide's number, least recently used first. */
  readonly #entries = new Map<number, Entry>();
  readonly #closing = new Set<Promise<void>>();

  /**
   * Makes an empty cache.
   *
   * @param open Opens the view of a slide.
   * @param options.most How many stay open when nobody reads them. Default: 3.
   */
  constructor(
    open: (number: number, signal: AbortSignal) => Promise<OwnedView>,
    { most = 3 }: { readonly most?: number } = {},
  ) {
    this.#open = open;
    this.#most = most;
  }

  /**
   * Opens the view of a slide, or lends the one that is open; it is not closed before the loan is disposed of.
   *
   * @throws {Error} If it cannot be opened; the next call tries again.
   */
  async take(
    number: number,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<ViewLoan> {
    const entry = this.#entries.get(number) ?? this.#begin(number);
    this.#entries.delete(number); // and in again, as the last one used
    this.#entries.set(number, entry);
    entry.users++;
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      entry.users--;
      this.#shrink();
    };
    try {
      const view = await raceSignal(entry.opening, signal);
      this.#shrink();
      return { view, [Symbol.dispose]: release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #begin(number: number): Entry {
    const opening = this.#open(number, this.#ended.signal);
    const entry = { opening, users: 0 };
    opening.catch(() => {
      if (this.#entries.get(number) === entry) this.#entries.delete(number);
    });
    return entry;
  }

  /** Closes the least recently used views that nobody reads. */
  #shrink(): void {
    for (const [number, entry] of this.#entries) {
      if (this.#entries.size <= this.#most) return;
      if (entry.users > 0) continue;
      this.#entries.delete(number);
      this.#close(entry);
    }
  }

  #close({ opening }: Entry): void {
    const closing = opening
      .then((view) => view[Symbol.asyncDispose]())
      .catch(() => {}) // it did not open, or nobody reads it anymore
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Closes all. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    for (const entry of this.#entries.values()) this.#close(entry);
    this.#entries.clear();
    await Promise.all(this.#closing);
  }
}
