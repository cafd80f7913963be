import { cannot } from "../errors/cannot.ts";
import type { ClassCounts, PixelCounts } from "./evaluate_counts.ts";
import { ObjectMatcher, type ObjectMatcherOptions } from "./object_matcher.ts";

/** What comes with the pixels of two masks. */
export interface PixelsBeside {
  /** The predicted probability of each, if it is known. */
  readonly probability8?: Uint8Array;
  /** 0 where the label is unknown. Default: all are known. */
  readonly known?: Uint8Array;
}

/** Counts pixels and objects of several classes. */
export class ClassCounter {
  readonly #classes: readonly string[];
  readonly #objects: readonly ObjectMatcher[];
  /** Pixels by labeled class, then by predicted class; 0 is background. */
  readonly #confusion: Float64Array;

  constructor(
    classes: readonly string[],
    options: Omit<ObjectMatcherOptions, "class">,
  ) {
    this.#classes = classes;
    this.#objects = classes.map((_, i) =>
      new ObjectMatcher({ ...options, class: i + 1 })
    );
    this.#confusion = new Float64Array((classes.length + 1) ** 2);
  }

  /**
   * Takes rows of both masks: 0 for background, k for the k-th class.
   *
   * @throws {RangeError} If a value is not the number of a class.
   */
  add(
    actual: Uint8Array,
    predicted: Uint8Array,
    { probability8, known }: PixelsBeside = {},
  ): void {
    const side = this.#classes.length + 1;
    const counts = new Float64Array(side * side);
    for (let i = 0; i < actual.length; i++) {
      if (actual[i] >= side || predicted[i] >= side) {
        throw cannot(
          "evaluate a mask of classes",
          `its values must be 0 to ${side - 1}`,
          { received: Math.max(actual[i], predicted[i]), kind: RangeError },
        );
      }
      if (known && !known[i]) continue;
      counts[actual[i] * side + predicted[i]]++;
    }
    counts.forEach((count, i) => this.#confusion[i] += count);
    for (const matcher of this.#objects) {
      matcher.addRows(actual, predicted, probability8, known);
    }
  }

  /** The counts of each class. */
  classes(): ClassCounts[] {
    return this.#classes.map((name, i) => ({
      name,
      pixels: this.#pixels(i + 1),
      objects: this.#objects[i].result(),
    }));
  }

  /** Objects of all classes that count nowhere; see {@linkcode ObjectMatcher.leftOut}. */
  get leftOut(): ObjectMatcher["leftOut"] {
    const all = this.#objects.map(({ leftOut }) => leftOut);
    return {
      labeled: all.reduce((sum, { labeled }) => sum + labeled, 0),
      predicted: all.reduce((sum, { predicted }) => sum + predicted, 0),
    };
  }

  /** Pixels by their labeled class, then by their predicted class, background first. */
  confusion(): number[][] {
    const side = this.#classes.length + 1;
    return Array.from(
      { length: side },
      (_, row) => [...this.#confusion.subarray(row * side, (row + 1) * side)],
    );
  }

  #pixels(value: number): PixelCounts {
    const confusion = this.confusion();
    const sum = (values: readonly number[]) =>
      values.reduce((total, one) => total + one, 0);
    const both = confusion[value][value];
    return {
      truePositive: both,
      falsePositive: sum(confusion.map((row) => row[value])) - both,
      falseNegative: sum(confusion[value]) - both,
    };
  }
}
