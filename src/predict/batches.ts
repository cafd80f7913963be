import type { TileResult } from "./backend.ts";

/** A tile waiting for networks whose weights are swapped. */
export interface WaitingTile extends PromiseWithResolvers<TileResult> {
  readonly slot: number;
}

/** Collects tiles for networks whose weights are swapped: a batch of tiles goes through one network, then the next. */
export class Batches {
  readonly #run: (tiles: readonly WaitingTile[]) => Promise<void>;
  readonly #size: number;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting: WaitingTile[] = [];
  #last = Promise.resolve();
  #closed = false;

  /**
   * @param run Settles all tiles of a batch; rejects to reject those that are left.
   */
  constructor(
    { size, signal, run }: {
      readonly size: number;
      readonly signal?: AbortSignal;
      readonly run: (tiles: readonly WaitingTile[]) => Promise<void>;
    },
  ) {
    this.#size = size;
    this.#signal = signal;
    this.#run = run;
  }

  /** Adds a tile; resolves when its batch was run. */
  add(slot: number): Promise<TileResult> {
    const waiting = { slot, ...Promise.withResolvers<TileResult>() };
    if (this.#waiting.push(waiting) === this.#size) this.flush();
    return waiting.promise;
  }

  /** Runs an incomplete batch. */
  flush(): void {
    const tiles = this.#waiting.splice(0);
    if (tiles.length === 0) return;
    this.#last = this.#last.then(async () => {
      try {
        await this.#run(tiles);
      } catch (error) {
        for (const { reject } of tiles) reject(error);
      }
    });
  }

  /** Throws if batches must stop. */
  check(): void {
    this.#signal?.throwIfAborted();
    if (!this.#closed) return;
    throw new DOMException("The batch was canceled", "AbortError");
  }

  /** Stops batches: what is left of them is rejected. */
  cancel(): void {
    this.#closed = true;
    this.flush();
  }

  /** Resolves when no batch is under way. */
  get settled(): Promise<void> {
    return this.#last;
  }
}
