/** Seeded random numbers (mulberry32), so that an input is known by its seed. */
export class Dice {
  #state: number;

  constructor(seed: string) {
    this.#state = 0x811c9dc5;
    for (let i = 0; i < seed.length; i++) { // FNV-1a
      this.#state = Math.imul(this.#state ^ seed.charCodeAt(i), 0x01000193);
    }
  }

  /** An integer from 0, below `limit`. */
  roll(limit: number): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let value = Math.imul(this.#state ^ this.#state >>> 15, 1 | this.#state);
    value = value + Math.imul(value ^ value >>> 7, 61 | value) ^ value;
    return Math.floor(((value ^ value >>> 14) >>> 0) / 2 ** 32 * limit);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.roll(times) === 0;
  }

  /** One of several. */
  pick<T>(items: readonly T[]): T {
    return items[this.roll(items.length)];
  }
}
