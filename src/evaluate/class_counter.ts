import { cannot } from "../errors/cannot.ts";
import { RowRuns } from "../masks/mask_band.ts";
import type { ClassCounts, PixelCounts } from "./evaluate_counts.ts";
import { ObjectMatcher } from "./object_matcher.ts";

/** The objects of one class, row by row. */
class ClassObjects {
  readonly matcher: ObjectMatcher;
  readonly #actual: RowRuns;
  readonly #predicted: RowRuns;
  #isOpen = false;

  constructor(width: number, { minArea }: { readonly minArea?: number }) {
    this.matcher = new ObjectMatcher({ minArea });
    this.#actual = new RowRuns(width);
    this.#predicted = new RowRuns(width);
  }

  /** Takes the rows of both masks: ones where the class is. */
  add(actual: Uint8Array, predicted: Uint8Array, width: number): void {
    this.#isOpen = true;
    this.#actual.setMask(actual);
    this.#predicted.setMask(predicted);
    for (let at = 0; at < actual.length; at += width) {
      this.#actual.scan(at, at + width);
      this.#predicted.scan(at, at + width);
      this.matcher.addRow(this.#actual, this.#predicted);
    }
  }

  /** Takes rows without the class. */
  skip(): void {
    if (!this.#isOpen) return;
    const none = { edges: new Uint32Array(0), count: 0 };
    this.matcher.addRow(none, none); // nothing below continues what is above
    this.#isOpen = false;
  }
}

/** Counts pixels and objects of several classes. */
export class ClassCounter {
  readonly #classes: readonly string[];
  readonly #width: number;
  readonly #objects: readonly ClassObjects[];
  /** Pixels by labeled class, then by predicted class; 0 is background. */
  readonly #confusion: Float64Array;

  constructor(
    classes: readonly string[],
    options: { readonly width: number; readonly minArea?: number },
  ) {
    this.#classes = classes;
    this.#width = options.width;
    this.#objects = classes.map(() => new ClassObjects(options.width, options));
    this.#confusion = new Float64Array((classes.length + 1) ** 2);
  }

  /**
   * Takes rows of both masks: 0 for background, k for the k-th class.
   *
   * @throws {RangeError} If a value is not the number of a class.
   */
  add(actual: Uint8Array, predicted: Uint8Array): void {
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
      counts[actual[i] * side + predicted[i]]++;
    }
    const present = new Set<number>();
    counts.forEach((count, i) => {
      this.#confusion[i] += count;
      if (count > 0) present.add(Math.floor(i / side)).add(i % side);
    });
    this.#objects.forEach((objects, i) => {
      const value = i + 1;
      if (!present.has(value)) return objects.skip();
      const maskOf = (values: Uint8Array) =>
        values.map((one) => one === value ? 1 : 0);
      objects.add(maskOf(actual), maskOf(predicted), this.#width);
    });
  }

  /** The counts of each class. */
  classes(): ClassCounts[] {
    return this.#classes.map((name, i) => ({
      name,
      pixels: this.#pixels(i + 1),
      objects: this.#objects[i].matcher.result(),
    }));
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
