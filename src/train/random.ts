import { cannot } from "../errors/cannot.ts";
/**
 * The random number generator of training, the same on every machine: sfc32, seeded by any list of integers. With the
 * seed, the epoch and the sample as keys, the numbers of a sample do not depend on those drawn before.
 *
 * Source: Chris Doty-Humphrey's PractRand (sfc32, public domain); keys are mixed by MurmurHash3's finalizer.
 *
 * @example The same keys give the same numbers
 * ```ts
 * import { Random } from "@tilewise/tilewise/train";
 *
 * const [seed, epoch, sample] = [1, 0, 7];
 * const random = new Random(seed, epoch, sample);
 * console.assert(random.uniform() === new Random(seed, epoch, sample).uniform());
 * ```
 *
 * @category Training data
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /**
   * Starts a sequence.
   *
   * @param keys Safe integers, also negative. Different lists give different sequences.
   * @throws {RangeError} If a key is not a safe integer.
   */
  constructor(...keys: readonly number[]) {
    this.#a = mix(0x9e3779b9 ^ keys.length);
    this.#b = mix(this.#a ^ 0x85ebca6b);
    this.#c = mix(this.#b ^ 0xc2b2ae35);
    for (const key of keys) {
      if (!Number.isSafeInteger(key)) {
        throw cannot("seed random generator", "keys must be safe integers", {
          received: key,
          kind: RangeError,
        });
      }
      for (const half of [key | 0, Math.floor(key / 2 ** 32) | 0]) {
        this.#a = mix(this.#a ^ half);
        this.#b = mix(this.#b + this.#a | 0);
        this.#c = mix(this.#c ^ this.#b);
      }
    }
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 32 random bits, as an unsigned integer. */
  next(): number {
    const sum = (this.#a + this.#b | 0) + this.#counter | 0;
    this.#counter = this.#counter + 1 | 0;
    this.#a = this.#b ^ this.#b >>> 9;
    this.#b = this.#c + (this.#c << 3) | 0;
    this.#c = (this.#c << 21 | this.#c >>> 11) + sum | 0;
    return sum >>> 0;
  }

  /** A number from `low` (default: 0) to `high` (default: 1), exclusive. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.next() / 2 ** 32);
  }

  /** An integer from 0 to `count`, exclusive. Probabilities are equal to within 2⁻³² · count. */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** A normally distributed number with mean 0 and standard deviation 1. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Shuffles items in place (Fisher–Yates). */
  shuffle<T extends unknown[] | Uint32Array>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}

function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}
