import { cannot } from "../../errors/cannot.ts";
import { Random } from "../random.ts";

/**
 * Options for {@linkcode splitFolds}.
 *
 * @category Training data
 */
export interface SplitFoldsOptions {
  /** Number of folds. Default: 5. */
  readonly folds?: number;
  /** Any integer. The same seed gives the same folds. */
  readonly seed: number;
}

/**
 * Splits slides into folds of nearly equal size: sorted by name, shuffled by the seed, then dealt in turn. The order of
 * `slides` does not matter.
 *
 * @example
 * ```ts
 * import { splitFolds } from "@tilewise/tilewise/train";
 *
 * const folds = splitFolds(["a", "b", "c", "d", "e"], { folds: 2, seed: 1 });
 * console.log(folds.map((slides) => slides.length)); // [3, 2]
 * ```
 *
 * @throws {RangeError} If a fold would be empty, there is only one fold, or a name occurs twice.
 *
 * @category Training data
 */
export function splitFolds(
  slides: readonly string[],
  { folds = 5, seed }: SplitFoldsOptions,
): string[][] {
  const { length } = slides;
  if (length < 2) {
    throw cannot(
      "split slides into folds",
      "at least two are needed, one for training and one for validation",
      { received: length, kind: RangeError },
    );
  }
  if (!Number.isInteger(folds) || folds < 2 || folds > length) {
    throw cannot(
      `split ${length} slides into folds`,
      `there must be 2 to ${length} folds`,
      { received: folds, kind: RangeError },
    );
  }
  const twice = slides.find((name, i) => slides.indexOf(name) !== i);
  if (twice !== undefined) {
    throw cannot(
      "split slides into folds",
      `two slides are named "${twice}"`,
      { kind: RangeError },
    );
  }
  // By code units: a locale's order would differ between machines.
  const shuffled = new Random(seed, 0x666f6c64).shuffle(slides.toSorted());
  return Array.from(
    { length: folds },
    (_, fold) => shuffled.filter((_, i) => i % folds === fold).toSorted(),
  );
}
