import type { Activation } from "../io/classes.ts";

/** Distance that probabilities keep from 0: a single confident mistake must not make the loss infinite. */
const MARGIN = 1e-7;

/**
 * Scores the probabilities of several classes against a mask of their numbers, over all added pixels together: soft Dice
 * 2·Σp·t / Σ(p + t) of each class, and the loss that its activation is trained with.
 */
export class ClassScore {
  readonly #activation: Activation;
  readonly #shared: Float64Array;
  readonly #found: Float64Array;
  readonly #labeled: Float64Array;
  #entropy = 0;
  #pixels = 0;

  /** Starts with no pixels. */
  constructor(classes: number, activation: Activation) {
    this.#activation = activation;
    this.#shared = new Float64Array(classes);
    this.#found = new Float64Array(classes);
    this.#labeled = new Float64Array(classes);
  }

  /**
   * Adds pixels: for each class their probabilities, and their numbers, 0 for background and k for the k-th class. Higher
   * numbers are of unknown pixels, which do not count.
   */
  add(probabilities: readonly ArrayLike<number>[], mask: Uint8Array): void {
    const classes = probabilities.length;
    for (const value of mask) if (value <= classes) this.#pixels++;
    const rest = new Float64Array(mask.length).fill(1); // of background
    probabilities.forEach((plane, k) => {
      let [shared, found, labeled, entropy] = [0, 0, 0, 0];
      for (let i = 0; i < mask.length; i++) {
        if (mask[i] > classes) continue;
        const p = plane[i];
        const isClass = mask[i] === k + 1;
        found += p;
        rest[i] -= p;
        if (isClass) {
          labeled++;
          shared += p;
        }
        if (this.#activation === "sigmoid") {
          entropy -= Math.log(Math.max(isClass ? p : 1 - p, MARGIN));
        } else if (isClass) entropy -= Math.log(Math.max(p, MARGIN));
      }
      this.#shared[k] += shared;
      this.#found[k] += found;
      this.#labeled[k] += labeled;
      this.#entropy += entropy;
    });
    if (this.#activation === "sigmoid") return;
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] === 0) {
        this.#entropy -= Math.log(Math.max(rest[i], MARGIN));
      }
    }
  }

  /** Soft Dice of each class; 1 if it is neither labeled nor predicted at all. */
  get classes(): number[] {
    return Array.from(this.#shared, (shared, k) => {
      const total = this.#found[k] + this.#labeled[k];
      return total === 0 ? 1 : 2 * shared / total;
    });
  }

  /** The mean soft Dice of the classes that are labeled; of all, if none is. */
  get dice(): number {
    const { classes } = this;
    const seen = classes.filter((_, k) => this.#labeled[k] > 0);
    return mean(seen.length > 0 ? seen : classes);
  }

  /**
   * The mean over pixels of the cross-entropy; of sigmoids also over classes, of a softmax plus 1 less the mean soft Dice,
   * with 1 added above and below, as in training. NaN if no pixel was added.
   */
  get loss(): number {
    const entropy = this.#entropy / this.#pixels;
    if (this.#activation === "sigmoid") return entropy / this.#shared.length;
    const smooth = Array.from(
      this.#shared,
      (shared, k) => (2 * shared + 1) / (this.#found[k] + this.#labeled[k] + 1),
    );
    return entropy + 1 - mean(smooth);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
