import type { Sample } from "../train/data/sample.ts";

/** The places of some samples to show: spread evenly over those with something on them. */
export function spreadOver(
  samples: readonly Sample[],
  most: number,
): Set<number> {
  const places = samples.map((_, i) => i);
  const positive = places.filter((i) => samples[i].positive > 0);
  const from = positive.length > 0 ? positive : places;
  const count = Math.min(most, from.length);
  return new Set(
    Array.from(
      { length: count },
      (_, i) => from[Math.floor(i * from.length / count)],
    ),
  );
}
