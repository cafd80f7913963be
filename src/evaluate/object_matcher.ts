import {
  type MaskPolygon,
  type OpenParts,
  type Part,
  type PartTally,
  rootOf,
} from "../masks/polygons/outline.ts";
import { Polygonizer, watchParts } from "../masks/polygons/polygonizer.ts";

/**
 * Counts of objects: 4-connected pixels of a class, without predicted ones below the minimum area. Two objects match if
 * their intersection is more than half of their union, so no object has two matches. In `evaluation.json`, `true_positive`,
 * `false_positive` and `false_negative`.
 *
 * @category Evaluation
 */
export interface ObjectMatches {
  /** Labeled objects that match a predicted one, and vice versa: hits. */
  readonly truePositive: number;
  /** Predicted objects that match no labeled one: false alarms. */
  readonly falsePositive: number;
  /** Labeled objects that match no predicted one: misses. */
  readonly falseNegative: number;
}

/**
 * What became of an object: a labeled one that was found, one that was not, or a predicted one without a label.
 *
 * @category Evaluation
 */
export type MatchKind = "hit" | "miss" | "falseAlarm";

/**
 * An object of a prediction or of labels, once it is known what it matches.
 *
 * @category Evaluation
 */
export interface MatchedObject {
  /** What became of it. */
  readonly kind: MatchKind;
  /** The predicted object; of a miss, the labeled one. `probability` is the mean of the predicted probabilities in it, if known. */
  readonly polygon: MaskPolygon;
  /** Of a hit, the labeled object. */
  readonly labeled?: MaskPolygon;
  /** Of a hit, intersection over union, above 0.5. */
  readonly iou?: number;
}

/** Options for {@linkcode ObjectMatcher}. */
export interface ObjectMatcherOptions {
  /** The slide's width in pixels. */
  readonly width: number;
  /** The class whose objects are matched, from 1. Default: all classes are one. */
  readonly class?: number;
  /** Minimum area of predicted objects in pixels; smaller ones are ignored. Default: 0. */
  readonly minArea?: number;
  /** Called with each object soon after it is complete. */
  readonly onObject?: (object: MatchedObject) => void;
}

/**
 * Matches the objects of two masks that come row by row. Pixels that share a side belong to one object. Memory grows with the
 * objects that are not complete, and the complete ones that could still match one of these.
 */
export class ObjectMatcher {
  readonly #width: number;
  readonly #actual: Side;
  readonly #predicted: Side;
  readonly #minArea: number;
  readonly #onObject: (object: MatchedObject) => void;
  readonly #counts = { hit: 0, miss: 0, falseAlarm: 0 };
  readonly #leftOut = { labeled: 0, predicted: 0 };
  #y = 0;

  /** Makes a matcher that waits for row 0. */
  constructor(options: ObjectMatcherOptions) {
    this.#width = options.width;
    this.#actual = new Side(options);
    this.#predicted = new Side(options);
    this.#minArea = options.minArea ?? 0;
    this.#onObject = options.onObject ?? (() => {});
  }

  /**
   * Objects that count nowhere, because it is not certain what they match: labeled ones of which a part is unknown, and
   * predicted ones that would match one of these, or match none but are unknown in part or meet one of these.
   */
  get leftOut(): { readonly labeled: number; readonly predicted: number } {
    return this.#leftOut;
  }

  /**
   * Takes the next rows of both masks, and the predicted probability of each pixel if it is known.
   *
   * @param known Whether the label of each pixel is known. Default: all are.
   */
  addRows(
    actual: Uint8Array,
    predicted: Uint8Array,
    probability8?: Uint8Array,
    known?: Uint8Array,
  ): void {
    const width = this.#width;
    for (let at = 0; at < actual.length; at += width, this.#y++) {
      const row = (values: Uint8Array) => values.subarray(at, at + width);
      const probability = probability8 && row(probability8);
      this.#actual.addRow(this.#y, row(actual), probability);
      this.#predicted.addRow(this.#y, row(predicted), probability);
      countShared(this.#predicted.open(), this.#actual.open());
      if (!known) continue;
      for (const side of [this.#actual, this.#predicted]) {
        markUnknown(side.open(), row(known));
      }
    }
    this.#decide();
  }

  /** Counts the objects in the rows so far, which are the last. */
  result(): ObjectMatches {
    const empty = new Uint8Array(this.#width);
    this.addRows(empty, empty); // what reaches the bottom ends
    const { hit, miss, falseAlarm } = this.#counts;
    return {
      truePositive: hit,
      falsePositive: falseAlarm,
      falseNegative: miss,
    };
  }

  /** Reports the objects whose matches are certain. */
  #decide(): void {
    const awaited = new Set<Part>();
    const open = new Set(this.#predicted.open().parts.map(rootOf));
    for (const part of open) this.#compare(part, undefined, awaited);
    for (const [part, polygon] of this.#predicted.complete) {
      const mayMatch = polygon.area >= this.#minArea &&
        this.#compare(part, polygon, awaited);
      if (!mayMatch) this.#predicted.complete.delete(part);
    }
    for (const [part, polygon] of this.#actual.complete) {
      if (awaited.has(part)) continue;
      this.#actual.complete.delete(part);
      if (part.tally!.unknown) this.#leftOut.labeled++;
      else this.#report({ kind: "miss", polygon });
    }
  }

  /**
   * Compares a predicted object with the labeled ones that it shares pixels with. Areas of open objects only grow, and pixels
   * are shared while both are open, so most pairs are out of the question early.
   *
   * @param awaited Gets the complete labeled objects that it may match.
   * @returns whether it may still match.
   */
  #compare(
    part: Part,
    polygon: MaskPolygon | undefined,
    awaited: Set<Part>,
  ): boolean {
    const tally = part.tally!;
    const shared = new Map<Part, number>();
    for (const [key, pixels] of tally.shared) {
      const root = rootOf(key);
      shared.set(root, (shared.get(root) ?? 0) + pixels);
      tally.met?.add(root);
    }
    tally.shared = shared;
    for (const [other, pixels] of shared) {
      const labeled = this.#actual.complete.get(other);
      const isOpen = this.#actual.isOpen(other);
      if (!polygon && isOpen) continue;
      const union = tally.area + other.tally!.area - pixels;
      if (!labeled && !isOpen || pixels <= union / 2) shared.delete(other);
      else if (polygon && labeled) {
        this.#actual.complete.delete(other);
        if (other.tally!.unknown) {
          this.#leftOut.labeled++;
          this.#leftOut.predicted++;
        } else {
          this.#report({ kind: "hit", polygon, labeled, iou: pixels / union });
        }
        return false;
      } else if (labeled) awaited.add(other);
    }
    if (!polygon || shared.size > 0) return true;
    const met = [...tally.met ?? []].map(rootOf);
    if (tally.unknown || met.some((other) => other.tally!.unknown)) {
      this.#leftOut.predicted++;
      return false;
    }
    if (met.some((other) => this.#actual.isOpen(other))) return true;
    this.#report({ kind: "falseAlarm", polygon });
    return false;
  }

  #report(object: MatchedObject): void {
    this.#counts[object.kind]++;
    this.#onObject(object);
  }
}

/** The objects of one of the masks. */
class Side {
  /** Complete objects whose match is not certain. */
  readonly complete = new Map<Part, MaskPolygon>();
  /** The open parts. */
  readonly open: () => OpenParts;
  readonly #width: number;
  readonly #polygonizer: Polygonizer;
  /** Parts that have become objects; kept only while others refer to them. */
  readonly #ended = new WeakSet<Part>();

  constructor(options: ObjectMatcherOptions) {
    const { width } = options;
    this.#width = width;
    this.#polygonizer = new Polygonizer({
      ...{ width, height: 1, class: options.class, onPolygon: () => {} },
    });
    this.open = watchParts(this.#polygonizer, (polygon, part) => {
      this.#ended.add(part);
      this.complete.set(part, polygon);
    });
  }

  addRow(
    y: number,
    mask: Uint8Array,
    probability8: Uint8Array | undefined,
  ): void {
    const width = this.#width;
    this.#polygonizer.write({ y, width, height: 1, mask, probability8 });
    const { runs: { edges }, parts } = this.open();
    for (let i = 0; i < parts.length; i++) {
      tallyOf(parts[i]).area += edges[i * 2 + 1] - edges[i * 2];
    }
  }

  isOpen(part: Part): boolean {
    return !this.#ended.has(part);
  }
}

function tallyOf(part: Part): PartTally {
  return rootOf(part).tally ??= { area: 0, shared: new Map() };
}

/** Marks the parts of the last row of which a pixel is unknown. */
function markUnknown(
  { runs: { edges }, parts }: OpenParts,
  known: Uint8Array,
): void {
  for (let i = 0; i < parts.length; i++) {
    const tally = tallyOf(parts[i]);
    tally.met ??= new Set();
    tally.unknown ||= known.subarray(edges[i * 2], edges[i * 2 + 1])
      .includes(0);
  }
}

/** Adds the pixels that the last rows of two masks share to the parts of the first. */
function countShared(a: OpenParts, b: OpenParts): void {
  for (let i = 0, j = 0; i < a.runs.count && j < b.runs.count;) {
    const endA = a.runs.edges[i + 1], endB = b.runs.edges[j + 1];
    const start = Math.max(a.runs.edges[i], b.runs.edges[j]);
    const pixels = Math.min(endA, endB) - start;
    if (pixels > 0) {
      const { shared } = tallyOf(a.parts[i >> 1]);
      const other = rootOf(b.parts[j >> 1]);
      shared.set(other, (shared.get(other) ?? 0) + pixels);
    }
    if (endA < endB) i += 2;
    else j += 2;
  }
}
