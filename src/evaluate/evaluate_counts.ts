import type { ObjectMatches } from "./object_matcher.ts";

/** How many pixels are of which kind. */
export interface PixelCounts {
  /** Labelled and found. */
  readonly both: number;
  /** Found alone. */
  readonly predicted: number;
  /** Labelled alone. */
  readonly actual: number;
}

/** What predictions on one slide, or several together, come to. */
export interface Evaluation {
  /** 2·both / (2·both + predicted + actual), 1 where nothing is labelled or found. */
  readonly dice: number;
  /** both / (both + predicted + actual). */
  readonly iou: number;
  /** Pixels. */
  readonly pixels: PixelCounts;
  /** Objects; they match where their intersection is more than half of their union. */
  readonly objects: ObjectMatches & {
    /** Predicted objects that match; 1 where there are none. */
    readonly precision: number;
    /** Labelled objects that are matched; 1 where there are none. */
    readonly recall: number;
  };
  /** Dice for each threshold, where probabilities are known. */
  readonly sweep?: readonly ThresholdScore[];
  /** The first of the best of them. */
  readonly best?: ThresholdScore;
}

/** What a threshold comes to. */
export interface ThresholdScore {
  /** A pixel is found where its probability is above this. */
  readonly threshold: number;
  /** Dice. */
  readonly dice: number;
  /** Intersection over union. */
  readonly iou: number;
}

/** What an {@linkcode Evaluation} is made of; those of several slides are added up. */
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
 * Evaluates what was counted, over all slides together.
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
  const total = (pick: (one: EvaluationCounts) => number) =>
    counts.reduce((sum, one) => sum + pick(one), 0);
  const pixels = {
    both: total((one) => one.pixels.both),
    predicted: total((one) => one.pixels.predicted),
    actual: total((one) => one.pixels.actual),
  };
  const objects = {
    actual: total((one) => one.objects.actual),
    predicted: total((one) => one.objects.predicted),
    matched: total((one) => one.objects.matched),
  };
  const share = (part: number, whole: number) => whole === 0 ? 1 : part / whole;
  const sweep = counts.every(({ histograms }) => histograms)
    ? sweepOf(counts.map(({ histograms }) => histograms!))
    : undefined;
  return {
    ...scoreOf(pixels),
    pixels,
    objects: {
      ...objects,
      precision: share(objects.matched, objects.predicted),
      recall: share(objects.matched, objects.actual),
    },
    sweep,
    best: sweep?.reduce((best, one) => one.dice > best.dice ? one : best),
  };
}

function scoreOf(
  { both, predicted, actual }: PixelCounts,
): { dice: number; iou: number } {
  const different = predicted + actual;
  const nothing = both + different === 0;
  return {
    dice: nothing ? 1 : 2 * both / (2 * both + different),
    iou: nothing ? 1 : both / (both + different),
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
  let both = 0, predicted = 0;
  for (let byte = 254; byte >= 0; byte--) {
    both += inside[byte + 1];
    predicted += outside[byte + 1];
    const score = scoreOf({ both, predicted, actual: labeled - both });
    scores.push({ threshold: byte / 255, ...score });
  }
  return scores.reverse();
}
