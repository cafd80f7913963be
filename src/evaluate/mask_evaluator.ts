import { cannot } from "../errors/cannot.ts";
import type { LabelSource } from "../labels/label_source.ts";
import type { MaskBand, MaskSink } from "../masks/mask_band.ts";
import { ClassCounter } from "./class_counter.ts";
import { type EvaluationCounts, sumOf } from "./evaluate_counts.ts";
import { type MatchedObject, ObjectMatcher } from "./object_matcher.ts";

/** Checks whether a mask is the result of thresholding its probabilities. */
export class MaskAgreement {
  /** Counts of pixels for each of 256 probabilities: background, then foreground. */
  readonly #histograms = [new Float64Array(256), new Float64Array(256)];

  /** Counts a band's pixels, if it has probabilities. */
  add({ mask, probability8 }: MaskBand): void {
    if (!probability8) return;
    const [unset, set] = this.#histograms;
    for (let i = 0; i < mask.length; i++) {
      (mask[i] ? set : unset)[probability8[i]]++;
    }
  }

  /**
   * The number of pixels that contradict a threshold. Default: the threshold with the fewest. Probabilities within one byte of
   * the threshold never count, as they are rounded.
   */
  contradictions(threshold?: number): number {
    if (threshold === undefined) {
      let least = Infinity;
      for (let byte = 0; byte < 256; byte++) {
        least = Math.min(least, this.contradictions(byte / 255));
      }
      return least;
    }
    const [unset, set] = this.#histograms;
    let count = 0;
    for (let byte = 0; byte < 256; byte++) {
      const above = byte - threshold * 255;
      if (above > 1) count += unset[byte];
      if (above < -1) count += set[byte];
    }
    return count;
  }
}

/**
 * Options for {@linkcode MaskEvaluator}.
 *
 * @category Evaluation
 */
export interface MaskEvaluatorOptions {
  /** Minimum object area of predictions in pixels; smaller objects are not counted. Default: 0. */
  readonly minArea?: number;
  /** The names of several classes, if both masks have 0 for background and k for the k-th class. Default: one class. */
  readonly classes?: readonly string[];
  /**
   * Called with each object soon after its last row: hits, misses and false alarms, in the order in which they are certain.
   * Default: objects are only counted.
   */
  readonly onObject?: (object: MatchedObject) => void;
}

/** Rows of the labels to read at a time. */
const ROWS = 256;

/**
 * Compares a predicted mask, in bands, with a slide's labels: pixels, objects, and a histogram of probabilities if the bands
 * have them; of several classes pixels and objects of each, and the confusion between them. Of labels with `readKnown` only
 * known pixels count, and objects where it is certain what they match.
 *
 * @example
 * ```ts
 * import { evaluateCounts, MaskEvaluator } from "@tilewise/tilewise/evaluate";
 * import { openLabels, writeBands } from "@tilewise/tilewise";
 *
 * const path = await Deno.makeTempFile({ suffix: ".csv" });
 * await Deno.writeTextFile(path, "id,encoding\nkidney,1 2\n"); // the left one of two columns
 * const labels = await openLabels(path);
 * await using truth = (await labels.open({ name: "kidney", width: 2, height: 2 }))!;
 * const evaluator = new MaskEvaluator(truth);
 * async function* predicted() {
 *   yield { y: 0, width: 2, height: 2, mask: Uint8Array.of(1, 1, 1, 0) };
 * }
 * await writeBands(predicted(), [evaluator]);
 * console.log(evaluateCounts([evaluator.counts()]).dice); // 0.8
 * await Deno.remove(path);
 * ```
 *
 * @category Evaluation
 */
export class MaskEvaluator implements MaskSink {
  readonly #labels: LabelSource;
  readonly #classes: ClassCounter | undefined;
  readonly #matcher: ObjectMatcher;
  readonly #histograms = [new Float64Array(256), new Float64Array(256)] as [
    Float64Array,
    Float64Array,
  ];
  readonly #pixels = { truePositive: 0, falsePositive: 0, falseNegative: 0 };
  #probabilities = false;
  /** Pixels for each of 256 probabilities whose label is unknown. */
  #unknown: Float64Array | undefined;
  /** The counts, once requested: they end the mask. */
  #counts: EvaluationCounts | undefined;

  /** Makes an evaluator that starts at row 0. */
  constructor(labels: LabelSource, options: MaskEvaluatorOptions = {}) {
    this.#labels = labels;
    const { classes, ...matching } = options;
    const { width } = labels;
    this.#classes = classes &&
      new ClassCounter(classes, { width, ...matching });
    this.#matcher = new ObjectMatcher({ width, ...matching });
  }

  /** Takes the next band; bands come from top to bottom without gaps. */
  async write(band: MaskBand): Promise<void> {
    const { width } = this.#labels;
    if (band.width !== width) {
      throw cannot(
        "evaluate a mask",
        `its width must be the labels', ${width}`,
        {
          received: band.width,
          kind: RangeError,
        },
      );
    }
    for (let top = 0; top < band.height; top += ROWS) {
      const height = Math.min(ROWS, band.height - top);
      const region = { x: 0, y: band.y + top, width, height };
      const truth = await this.#labels.readRegion(region);
      const known = await this.#labels.readKnown?.(region);
      const range = [top * width, (top + height) * width] as const;
      const probability8 = band.probability8?.subarray(...range);
      const mask = band.mask.subarray(...range);
      if (known && probability8) this.#addUnknown(probability8, known);
      if (this.#classes) {
        this.#classes.add(truth, mask, { probability8, known });
        continue;
      }
      const only = (values: Uint8Array) =>
        known ? values.filter((_, i) => known[i] > 0) : values;
      this.#count(only(truth), only(mask), probability8 && only(probability8));
      this.#matcher.addRows(truth, mask, probability8, known);
    }
  }

  #addUnknown(probability8: Uint8Array, known: Uint8Array): void {
    const unknown = this.#unknown ??= new Float64Array(256);
    for (let i = 0; i < known.length; i++) {
      if (!known[i]) unknown[probability8[i]]++;
    }
  }

  #count(
    truth: Uint8Array,
    mask: Uint8Array,
    probability8: Uint8Array | undefined,
  ): void {
    const [outside, inside] = this.#histograms;
    let both = 0, predicted = 0, actual = 0;
    for (let i = 0; i < truth.length; i++) {
      both += truth[i] & mask[i];
      predicted += mask[i];
      actual += truth[i];
    }
    this.#pixels.truePositive += both;
    this.#pixels.falsePositive += predicted - both;
    this.#pixels.falseNegative += actual - both;
    if (probability8) {
      this.#probabilities = true;
      for (let i = 0; i < truth.length; i++) {
        (truth[i] ? inside : outside)[probability8[i]]++;
      }
    } else {
      inside[0] += actual;
      outside[0] += truth.length - actual;
    }
  }

  /** What is known of the slide, and which objects were left out. */
  #known(): EvaluationCounts["known"] {
    const { knownPixels: pixels, width, height } = this.#labels;
    if (pixels === undefined) return undefined;
    const { leftOut } = this.#classes ?? this.#matcher;
    return { pixels, of: width * height, leftOut };
  }

  /** The counts, complete after the last band. There are no histograms if no band has probabilities. */
  counts(): EvaluationCounts {
    return this.#counts ??= this.#end();
  }

  #end(): EvaluationCounts {
    const classes = this.#classes?.classes();
    if (classes) {
      return {
        pixels: sumOf(classes.map(({ pixels }) => pixels)),
        objects: sumOf(classes.map(({ objects }) => objects)),
        classes,
        confusion: this.#classes!.confusion(),
        known: this.#known(),
      };
    }
    return {
      pixels: { ...this.#pixels },
      objects: this.#matcher.result(),
      histograms: this.#probabilities ? this.#histograms : undefined,
      unknown: this.#unknown,
      known: this.#known(),
    };
  }

  /** Ends the mask: objects that reach its bottom are complete. */
  close(): Promise<void> {
    this.counts();
    return Promise.resolve();
  }

  /** Does nothing. */
  abort(): Promise<void> {
    return Promise.resolve();
  }
}
