import { cannot } from "../errors/cannot.ts";
import { type Calibration, calibrationOf } from "./calibration.ts";
import type { ObjectMatches } from "./object_matcher.ts";

/**
 * Counts of pixels. In `evaluation.json`, `true_positive`, `false_positive` and `false_negative`.
 *
 * @category Evaluation
 */
export interface PixelCounts {
  /** Pixels both labeled and predicted. */
  readonly truePositive: number;
  /** Pixels predicted but not labeled. */
  readonly falsePositive: number;
  /** Pixels labeled but not predicted. */
  readonly falseNegative: number;
}

/**
 * What is known of slides with corrections. In `evaluation.json`, `pixels`, `of`, `labeled_left_out` and `predicted_left_out`.
 *
 * @category Evaluation
 */
export interface KnownCounts {
  /** Known pixels: others do not count. */
  readonly pixels: number;
  /** All pixels of these slides. */
  readonly of: number;
  /** Objects that count nowhere, because a part of them, or of a labeled one that they meet, is unknown. */
  readonly leftOut: { readonly labeled: number; readonly predicted: number };
}

/**
 * The evaluation of predictions on one slide or several. Of several classes, `dice` and `iou` are means over the classes that
 * are labeled or predicted, and counts are sums.
 *
 * @category Evaluation
 */
export interface Evaluation {
  /** 2·TP / (2·TP + FP + FN) of pixels; 1 if none is labeled or predicted. */
  readonly dice: number;
  /** TP / (TP + FP + FN) of pixels; 1 if none is labeled or predicted. */
  readonly iou: number;
  /** Counts of pixels. */
  readonly pixels: PixelCounts;
  /** Counts of objects, which match if their intersection is more than half of their union. */
  readonly objects: ObjectMatches & {
    /** Labeled objects: TP + FN. */
    readonly labeled: number;
    /** Predicted objects of the minimum area or more: TP + FP. */
    readonly predicted: number;
    /** TP / (TP + FP) of objects; 1 if none is predicted. */
    readonly precision: number;
    /** TP / (TP + FN) of objects; 1 if none is labeled. */
    readonly recall: number;
  };
  /** Scores for each threshold, if probabilities are known. */
  readonly sweep?: readonly ThresholdScore[];
  /** The first threshold with the best Dice. */
  readonly best?: ThresholdScore;
  /** How well probabilities agree with labels, if they are known. */
  readonly calibration?: Calibration;
  /** Scores of each of several classes, in order. */
  readonly classes?: readonly ClassEvaluation[];
  /** Of several classes, pixels by their labeled class, then by their predicted class, background first. */
  readonly confusion?: readonly (readonly number[])[];
  /** What is known, if there are slides with corrections. */
  readonly known?: KnownCounts;
}

/**
 * The evaluation of one of several classes.
 *
 * @category Evaluation
 */
export interface ClassEvaluation
  extends Pick<Evaluation, "dice" | "iou" | "pixels" | "objects"> {
  /** Its name. */
  readonly name: string;
}

/**
 * Counts of one of several classes.
 *
 * @category Evaluation
 */
export interface ClassCounts {
  /** Its name. */
  readonly name: string;
  /** Counts of pixels. */
  readonly pixels: PixelCounts;
  /** Counts of objects. */
  readonly objects: ObjectMatches;
}

/**
 * Scores at one threshold.
 *
 * @category Evaluation
 */
export interface ThresholdScore {
  /** Probability above which a pixel is predicted. */
  readonly threshold: number;
  /** Dice. */
  readonly dice: number;
  /** Intersection over union. */
  readonly iou: number;
}

/**
 * Input of an {@linkcode Evaluation}; counts of several slides are added.
 *
 * @category Evaluation
 */
export interface EvaluationCounts {
  /** Counts of pixels, at the masks' threshold. */
  readonly pixels: PixelCounts;
  /** Counts of objects, at the masks' threshold. */
  readonly objects: ObjectMatches;
  /** Counts of pixels outside and inside labels for each of 256 probabilities. */
  readonly histograms?: readonly [
    outside: Float64Array,
    inside: Float64Array,
  ];
  /** Counts of pixels whose label is unknown for each of 256 probabilities; they are in no other count. */
  readonly unknown?: Float64Array;
  /** Counts of each of several classes, in order; `pixels` and `objects` are their sums. */
  readonly classes?: readonly ClassCounts[];
  /** Of several classes, pixels by their labeled class, then by their predicted class, background first. */
  readonly confusion?: readonly (readonly number[])[];
  /** What is known, if there are slides with corrections. */
  readonly known?: KnownCounts;
}

/**
 * Evaluates the counts of all slides together.
 *
 * @throws {RangeError} If nothing was counted.
 *
 * @category Evaluation
 */
export function evaluateCounts(
  counts: readonly EvaluationCounts[],
): Evaluation {
  if (counts.length === 0) {
    throw cannot("evaluate", "at least one slide is needed", {
      kind: RangeError,
    });
  }
  const { pixels, objects } = total(counts);
  const [{ classes: first }] = counts;
  if (first) {
    const classes = first.map(({ name }, i): ClassEvaluation => {
      const own = total(counts.map(({ classes }) => classes![i]));
      return { name, ...scoreOf(own.pixels), ...own };
    });
    const seen = classes.filter(({ pixels }) => sumOfCounts(pixels) > 0);
    const mean = (of: (one: ClassEvaluation) => number) =>
      seen.length === 0
        ? 1
        : seen.reduce((sum, one) => sum + of(one), 0) / seen.length;
    return {
      dice: mean(({ dice }) => dice),
      iou: mean(({ iou }) => iou),
      ...{ pixels, objects, classes },
      confusion: counts[0].confusion?.map((row, i) =>
        row.map((_, j) =>
          counts.reduce((sum, { confusion }) => sum + confusion![i][j], 0)
        )
      ),
      ...knownOf(counts),
    };
  }
  const histograms = counts.every(({ histograms }) => histograms)
    ? [0, 1].map((side) => sumOfSide(counts, side))
    : undefined;
  const sweep = histograms && sweepOf(histograms);
  return {
    ...scoreOf(pixels),
    ...{ pixels, objects },
    sweep,
    best: sweep?.reduce((best, one) => one.dice > best.dice ? one : best),
    calibration: histograms && calibrationOf(histograms[0], histograms[1]),
    ...knownOf(counts),
  };
}

/** What is known of the slides with corrections, if there are any. */
function knownOf(
  counts: readonly EvaluationCounts[],
): Pick<Evaluation, "known"> {
  const all = counts.flatMap(({ known }) => known ?? []);
  if (all.length === 0) return {};
  const sum = (pick: (one: KnownCounts) => number) =>
    all.reduce((total, one) => total + pick(one), 0);
  return {
    known: {
      pixels: sum(({ pixels }) => pixels),
      of: sum(({ of }) => of),
      leftOut: {
        labeled: sum(({ leftOut }) => leftOut.labeled),
        predicted: sum(({ leftOut }) => leftOut.predicted),
      },
    },
  };
}

/** Sums of counts, with precision and recall of objects. */
function total(
  counts: readonly Pick<EvaluationCounts, "pixels" | "objects">[],
): Pick<Evaluation, "pixels" | "objects"> {
  const objects = sumOf(counts.map((one) => one.objects));
  const { truePositive, falsePositive, falseNegative } = objects;
  const share = (part: number, whole: number) => whole === 0 ? 1 : part / whole;
  return {
    pixels: sumOf(counts.map((one) => one.pixels)),
    objects: {
      ...objects,
      labeled: truePositive + falseNegative,
      predicted: truePositive + falsePositive,
      precision: share(truePositive, truePositive + falsePositive),
      recall: share(truePositive, truePositive + falseNegative),
    },
  };
}

/** Sums of counts. */
export function sumOf(counts: readonly PixelCounts[]): PixelCounts {
  const total = (pick: (one: PixelCounts) => number) =>
    counts.reduce((sum, one) => sum + pick(one), 0);
  return {
    truePositive: total((one) => one.truePositive),
    falsePositive: total((one) => one.falsePositive),
    falseNegative: total((one) => one.falseNegative),
  };
}

/** The number of pixels that are labeled or predicted. */
export function sumOfCounts(
  { truePositive, falsePositive, falseNegative }: PixelCounts,
): number {
  return truePositive + falsePositive + falseNegative;
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

function sumOfSide(
  counts: readonly EvaluationCounts[],
  side: number,
): Float64Array {
  return Float64Array.from(
    { length: 256 },
    (_, i) => counts.reduce((sum, one) => sum + one.histograms![side][i], 0),
  );
}

/** Scores at thresholds of 0/255 to 254/255. */
function sweepOf(
  [outside, inside]: readonly Float64Array[],
): ThresholdScore[] {
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
