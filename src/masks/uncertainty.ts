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
  /** Pixels that some networks of an ensemble find and others do not, if there is one of one class. */
  readonly disagreementPx?: number;
  /** The same in µm², if the slide's scale is known. */
  readonly disagreementUm2?: number;
  /** Objects whose mean probability is nearer to the threshold than to 1. */
  readonly objects: number;
}

/** The uncertain areas in all known units. */
export function uncertaintyOf(
  { areaPx, objects, disagreementPx }: Omit<
    UncertaintySummary,
    "areaUm2" | "disagreementUm2"
  >,
  { mpp }: { readonly mpp?: { readonly x: number; readonly y: number } },
): UncertaintySummary {
  const um2 = mpp && mpp.x * mpp.y;
  return {
    areaPx,
    ...(um2 && { areaUm2: areaPx * um2 }),
    ...(disagreementPx !== undefined && {
      disagreementPx,
      ...(um2 && { disagreementUm2: disagreementPx * um2 }),
    }),
    objects,
  };
}
