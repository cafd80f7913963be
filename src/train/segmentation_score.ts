/** Probabilities are kept this far from 0 and 1, or a single sure mistake would make the loss infinite. */
const MARGIN = 1e-7;

/**
 * Scores probabilities against a mask, over all that is added together: mean binary cross-entropy, and soft Dice
 * 2·Σp·t / Σ(p + t), which asks for no threshold.
 *
 * @example
 * ```ts
 * import { SegmentationScore } from "@tilewise/tilewise/train";
 *
 * const score = new SegmentationScore();
 * score.add(new Float32Array([0.5, 1, 0]), new Uint8Array([1, 1, 0]));
 * console.log(score.dice); // 0.857…: 2·1.5 / (1.5 + 2)
 * ```
 */
export class SegmentationScore {
  #pixels = 0;
  #entropy = 0;
  #shared = 0;
  #total = 0;

  /**
   * Adds pixels.
   *
   * @param probabilities 0 to 1.
   * @param mask Truth of each pixel, 0 to 1.
   * @throws {RangeError} where the lengths differ.
   */
  add(probabilities: ArrayLike<number>, mask: ArrayLike<number>): void {
    if (probabilities.length !== mask.length) {
      throw new RangeError(
        `Cannot score probabilities as each needs its truth: received ${probabilities.length} for ${mask.length} pixels`,
      );
    }
    let [entropy, shared, total] = [0, 0, 0];
    for (let i = 0; i < mask.length; i++) {
      const p = probabilities[i];
      const t = mask[i];
      shared += p * t;
      total += p + t;
      if (t > 0) entropy -= t * Math.log(Math.max(p, MARGIN));
      if (t < 1) entropy -= (1 - t) * Math.log(Math.max(1 - p, MARGIN));
    }
    this.#pixels += mask.length;
    this.#entropy += entropy;
    this.#shared += shared;
    this.#total += total;
  }

  /** Mean binary cross-entropy; NaN of nothing. */
  get loss(): number {
    return this.#entropy / this.#pixels;
  }

  /** Soft Dice; 1 where neither has anything. */
  get dice(): number {
    return this.#total === 0 ? 1 : 2 * this.#shared / this.#total;
  }
}
