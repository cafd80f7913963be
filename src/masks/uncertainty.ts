/**
 * What is uncertain about a mask: where a correction would teach most.
 *
 * @category Summaries
 */
export interface UncertaintySummary {
  /** Pixels whose probability is at most 0.1 from the threshold, without those of probability 0. */
  readonly areaPx: number;
  /** The same in µm², if the slide's scale is known. */
  readonly areaUm2?: number;
  /** Objects whose mean probability is nearer to the threshold than to 1. */
  readonly objects: number;
}

/** The uncertain area in all known units. */
export function uncertaintyOf(
  { areaPx, ...counts }: Omit<UncertaintySummary, "areaUm2">,
  { mpp }: { readonly mpp?: { readonly x: number; readonly y: number } },
): UncertaintySummary {
  const areaUm2 = mpp && areaPx * (mpp.x * mpp.y);
  return { areaPx, ...(areaUm2 !== undefined && { areaUm2 }), ...counts };
}
