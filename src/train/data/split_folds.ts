import { Random } from "../random.ts";

/** How {@linkcode splitFolds} splits. */
export interface SplitFoldsOptions {
  /** How many folds. Default: 5. */
  readonly folds?: number;
  /** Any integer; the same one always gives the same folds. */
  readonly seed: number;
}

/**
 * Splits slides into folds of nearly equal size: sorted by name, shuffled by the seed, then dealt out in turn. The order in
 * which they are given does not matter.
 *
 * @example
 * ```ts
 * import { splitFolds } from "@tilewise/tilewise/train";
 *
 * const folds = splitFolds(["a", "b", "c", "d", "e"], { folds: 2, seed: 1 });
 * console.log(folds.map((slides) => slides.length)); // [3, 2]
 * ```
 *
 * @throws {RangeError} If a fold would have no slide, there is only one fold, or a name comes twice.
 */
export function splitFolds(
  slides: readonly string[],
  { folds = 5, seed }: SplitFoldsOptions,
): string[][] {
  const { length } = slides;
  if (length < 2) {
    throw new RangeError(
      `Cannot split slides into folds as one to train on and one to validate on are needed: received ${length}`,
    );
  }
  if (!Number.isInteger(folds) || folds < 2 || folds > length) {
    throw new RangeError(
      `Cannot split ${length} slides into folds as there must be 2 to ${length} folds: received ${folds}`,
    );
  }
  const twice = slides.find((name, i) => slides.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new RangeError(
      `Cannot split slides into folds as each name comes once: received "${twice}" twice`,
    );
  }
  // Code units, not a locale's order, which would differ between machines.
  const shuffled = new Random(seed, 0x666f6c64).shuffle(slides.toSorted());
  return Array.from(
    { length: folds },
    (_, fold) => shuffled.filter((_, i) => i % folds === fold).toSorted(),
  );
}
