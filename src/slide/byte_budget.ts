interface Waiting {
  bytes: number;
  enter: () => void;
}

/** Limits the bytes in flight; further requests wait their turn. */
export class ByteBudget {
  #limit: number;
  #most: number;
  #bytes = 0;
  #count = 0;
  #waiting: Waiting[] = [];

  /** Admits at most `limit` bytes, or a single larger request, and at most `most` requests. */
  constructor(limit: number, most: number) {
    this.#limit = limit;
    this.#most = most;
  }

  /**
   * Waits until there is room for `bytes`; dispose what it returns to give them back.
   *
   * @throws The signal's reason, where it is aborted first.
   */
  async take(bytes: number, signal?: AbortSignal): Promise<Disposable> {
    signal?.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#fits(bytes)) {
      await new Promise<void>((resolve, reject) => {
        const waiting = {
          bytes,
          enter: () => {
            signal?.removeEventListener("abort", leave);
            resolve();
          },
        };
        const leave = (): void => {
          this.#waiting = this.#waiting.filter((other) => other !== waiting);
          reject(signal!.reason);
          this.#letIn();
        };
        signal?.addEventListener("abort", leave, { once: true });
        this.#waiting.push(waiting);
      });
    } else {
      this.#bytes += bytes;
      this.#count++;
    }
    return {
      [Symbol.dispose]: () => {
        this.#bytes -= bytes;
        this.#count--;
        this.#letIn();
      },
    };
  }

  #fits(bytes: number): boolean {
    return this.#count === 0 ||
      (this.#count < this.#most && this.#bytes + bytes <= this.#limit);
  }

  #letIn(): void {
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0].bytes)) {
      const { bytes, enter } = this.#waiting.shift()!;
      this.#bytes += bytes;
      this.#count++;
      enter();
    }
  }
}
