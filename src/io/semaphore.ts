/** Limits of a {@linkcode Semaphore}. */
export interface SemaphoreLimits {
  /** Maximum number of holders. */
  readonly count: number;
  /** Maximum total weight of the holders, such as bytes; a heavier one is admitted alone. Default: no limit. */
  readonly weight?: number;
}

interface Waiting {
  readonly weight: number;
  readonly enter: () => void;
}

/** Limits how much work runs at a time; others wait for their turn in order. */
export class Semaphore {
  readonly #most: Required<SemaphoreLimits>;
  #count = 0;
  #weight = 0;
  #waiting: Waiting[] = [];

  constructor({ count, weight = Infinity }: SemaphoreLimits) {
    this.#most = { count, weight };
  }

  /**
   * Waits for a turn; dispose of the result to end it.
   *
   * @throws The signal's reason if it is aborted first.
   */
  async take(
    { weight = 0, signal }: {
      readonly weight?: number;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<Disposable> {
    signal?.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#fits(weight)) {
      await new Promise<void>((resolve, reject) => {
        const waiting = {
          weight,
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
      this.#add(1, weight);
    }
    return {
      [Symbol.dispose]: () => {
        this.#add(-1, -weight);
        this.#letIn();
      },
    };
  }

  #fits(weight: number): boolean {
    return this.#count === 0 ||
      (this.#count < this.#most.count &&
        this.#weight + weight <= this.#most.weight);
  }

  #letIn(): void {
    while (this.#waiting.length > 0 && this.#fits(this.#waiting[0].weight)) {
      const { weight, enter } = this.#waiting.shift()!;
      this.#add(1, weight);
      enter();
    }
  }

  #add(count: number, weight: number): void {
    this.#count += count;
    this.#weight += weight;
  }
}
