import {
  evaluateCounts,
  type EvaluationCounts,
} from "../evaluate/evaluate_counts.ts";
import type { SeamProfile } from "../evaluate/measure_seams.ts";
import type { EvaluationRow, SeamsReport } from "../report/evaluation_page.ts";
import type { EvaluateOptions } from "./evaluate_options.ts";
import type { EvaluatedSlide } from "./evaluate_slide.ts";

/** The rows of a slide, or of all: one per variant. */
export function rowsOf(
  name: string,
  results: readonly EvaluatedSlide[],
): EvaluationRow[] {
  const [{ scored, threshold, minArea }] = results;
  const same = results.every((one) =>
    one.scored === scored && one.threshold === threshold
  );
  const sameArea = results.every((one) => one.minArea === minArea);
  const variants = new Map<string, EvaluationCounts[]>();
  for (const result of results) {
    for (const [variant, counts] of result.variants) {
      variants.set(variant, [...variants.get(variant) ?? [], counts]);
    }
  }
  const { uncertainty } = results[0];
  return [...variants].map(([variant, counts], i) => ({
    name,
    variant,
    ...(same && { scored, threshold }),
    ...(sameArea && { minArea }),
    ...(results.length === 1 && i === variants.size - 1 && { uncertainty }),
    notes: results.length === 1 ? results[0].notes : [],
    evaluation: evaluateCounts(counts),
  }));
}

/** The seams of all slides together. */
export function seamsOf(
  slides: readonly (readonly SeamProfile[])[],
  { reference, tolerance }: EvaluateOptions,
): SeamsReport | undefined {
  // A slide without tissue has no profile.
  const [first, ...rest] = slides.filter((profiles) => profiles.length > 0);
  if (!first) return undefined;
  for (const profiles of rest) {
    profiles.forEach((profile, i) => first[i].merge(profile));
  }
  // A profile of less expansion predicts, one of more was measured: take the minimum that any of them supports.
  const recommended = Math.min(
    ...first.map((profile) => profile.recommend(tolerance) ?? Infinity),
  );
  return {
    profiles: first,
    reference,
    tolerance,
    recommended: recommended <= reference ? recommended : undefined,
  };
}
