import type { ObjectMatches } from "./object_matcher.ts";

/** Counts of pixels. In `evaluation.json`, `true_positive`, `false_positive` and `false_negative`. */
export interface PixelCounts {
  /** Pixels that are labeled and found. */
  readonly truePositive: number;
  /** Pixels that are found but not labeled. */
  readonly falsePositive: number;
  /** Pixels that are labeled but not found. */
  readonly falseNegative: number;
}

/** The evaluation of predictions on one slide or several. */
export interface Evaluation {
  /** 2·TP / (2·TP + FP + FN) of pixels, 1 where nothing is labeled or found. */
  readonly dice: number;
  /** TP / (TP + FP + FN) of pixels, 1 where nothing is labeled or found. */
  readonly iou: number;
  /** Pixels. */
  readonly pixels: PixelCounts;
  /** Objects; they match if their intersection is more than half of their union. */
  readonly objects: ObjectMatches & {
    /** TP / (TP + FP) of objects; 1 where none is found. */
    readonly precision: number;
    /** TP / (TP + FN) of objects; 1 where none is labeled. */
    readonly recall: number;
  };
  /** Dice for each threshold, if probabilities are known. */
  readonly sweep?: readonly ThresholdScore[];
  /** The first of the best of them. */
  readonly best?: ThresholdScore;
}

/** Scores at one threshold. */
export interface ThresholdScore {
  /** A pixel is found where its probability is above this. */
  readonly threshold: number;
  /** Dice. */
  readonly dice: number;
  /** Intersection over union. */
  readonly iou: number;
}

/** Input of an {@linkcode Evaluation}; counts of several slides are added. */
export interface EvaluationCounts {
  /** Pixels at the threshold that the masks were made with. */
  readonly pixels: PixelCounts;
  /** Objects likewise. */
  readonly objects: ObjectMatches;
  /** Of 256 probabilities, how many pixels outside and inside of labels have them. */
  readonly histograms?: readonly [
    outside: Float64Array,
    inside: Float64Array,
  ];
}

/**
 * Evaluates counts, over all slides together.
 *
 * @throws {RangeError} If nothing was counted.
 */
export function evaluateCounts(
  counts: readonly EvaluationCounts[],
): Evaluation {
  if (counts.length === 0) {
    throw new RangeError(
      "Cannot evaluate as a slide at least is needed: received none",
    );
  }
  const pixels = sumOf(counts.map((one) => one.pixels));
  const objects = sumOf(counts.map((one) => one.objects));
  const { truePositive, falsePositive, falseNegative } = objects;
  const share = (part: number, whole: number) => whole === 0 ? 1 : part / whole;
  const sweep = counts.every(({ histograms }) => histograms)
    ? sweepOf(counts.map(({ histograms }) => histograms!))
    : undefined;
  return {
    ...scoreOf(pixels),
    pixels,
    objects: {
      ...objects,
      precision: share(truePositive, truePositive + falsePositive),
      recall: share(truePositive, truePositive + falseNegative),
    },
    sweep,
    best: sweep?.reduce((best, one) => one.dice > best.dice ? one : best),
  };
}

function sumOf(counts: readonly PixelCounts[]): PixelCounts {
  const total = (pick: (one: PixelCounts) => number) =>
    counts.reduce((sum, one) => sum + pick(one), 0);
  return {
    truePositive: total((one) => one.truePositive),
    falsePositive: total((one) => one.falsePositive),
    falseNegative: total((one) => one.falseNegative),
  };
}

function scoreOf(
  { truePositive, falsePositive, falseNegative }: PixelCounts,
): { dice: number; iou: number } {
  const different = falsePositive + falseNegative;
  const nothing = truePositive + different === 0;
  return {
    dice: nothing ? 1 : 2 * truePositive / (2 * truePositive + different),
    iou: nothing ? 1 : truePositive / (truePositive + different),
  };
}

/** Thresholds from 0 to 254 of 255, from above down; both histograms are cut at each. */
function sweepOf(
  histograms: readonly (readonly [Float64Array, Float64Array])[],
): ThresholdScore[] {
  const [outside, inside] = [0, 1].map((side) =>
    Float64Array.from(
      { length: 256 },
      (_, i) => histograms.reduce((sum, one) => sum + one[side][i], 0),
    )
  );
  const labeled = inside.reduce((sum, count) => sum + count, 0);
  const scores: ThresholdScore[] = [];
  let truePositive = 0, falsePositive = 0;
  for (let byte = 254; byte >= 0; byte--) {
    truePositive += inside[byte + 1];
    falsePositive += outside[byte + 1];
    const falseNegative = labeled - truePositive;
    const score = scoreOf({ truePositive, falsePositive, falseNegative });
    scores.push({ threshold: byte / 255, ...score });
  }
  return scores.reverse();
}
