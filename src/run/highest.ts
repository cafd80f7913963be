interface Scored<T> {
  readonly score: number;
  readonly item: T;
}

/** Keeps the items with the highest scores, of any number. */
export class Highest<T> {
  /** Items so far, those that were not kept included. */
  count = 0;
  readonly #most: number;
  #kept: Scored<T>[] = [];
  /** What a score must exceed. */
  #least = -Infinity;

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds an item, which is made only if it may be kept; of equal ones, the first stay. */
  add(score: number, make: () => T): void {
    this.count++;
    if (score <= this.#least) return;
    this.#kept.push({ score, item: make() });
    if (this.#kept.length >= this.#most * 2) this.#cut();
  }

  /** The items, highest first. */
  get items(): readonly T[] {
    this.#cut();
    return this.#kept.map(({ item }) => item);
  }

  #cut(): void {
    const most = this.#most;
    this.#kept = this.#kept.toSorted((a, b) => b.score - a.score).slice(
      0,
      most,
    );
    this.#least = this.#kept[most - 1]?.score ?? -Infinity;
  }
}
