/**
 * Pixels of similar probability.
 *
 * @category Evaluation
 */
export interface CalibrationBin {
  /** Least probability, included. */
  readonly from: number;
  /** Greatest probability, excluded but for 1. */
  readonly to: number;
  /** Mean of the predicted probabilities. */
  readonly probability: number;
  /** Share of the pixels that are labeled. */
  readonly labeled: number;
  /** Number of pixels. */
  readonly pixels: number;
}

/**
 * How well probabilities agree with the share of pixels that are labeled.
 *
 * @category Evaluation
 */
export interface Calibration {
  /** Ten bins of probability, without empty ones. */
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error: the mean over all pixels of the difference between `probability` and `labeled` of their bin. */
  readonly error: number;
  /** The same without the lowest bin, which holds the background and so most pixels; 0 if there are no others. */
  readonly errorWithoutLowest: number;
}

const BINS = 10;

/**
 * Compares probabilities with labels.
 *
 * Source: Guo et al., "On calibration of modern neural networks" (2017).
 *
 * @param outside Pixels outside of labels, for each of 256 probabilities.
 * @param inside Pixels inside.
 */
export function calibrationOf(
  outside: Float64Array,
  inside: Float64Array,
): Calibration {
  const bins: CalibrationBin[] = [];
  for (let k = 0; k < BINS; k++) {
    let pixels = 0, sum = 0, labeled = 0;
    for (let byte = 0; byte < 256; byte++) {
      // In whole numbers, so that 0.1, which is byte 25.5, is an exact edge.
      if (Math.min(BINS - 1, Math.floor(byte * BINS / 255)) !== k) continue;
      const count = outside[byte] + inside[byte];
      pixels += count;
      sum += count * byte / 255;
      labeled += inside[byte];
    }
    if (pixels === 0) continue;
    bins.push({
      from: k / BINS,
      to: (k + 1) / BINS,
      probability: sum / pixels,
      labeled: labeled / pixels,
      pixels,
    });
  }
  return {
    bins,
    error: errorOf(bins),
    errorWithoutLowest: errorOf(bins.filter(({ from }) => from > 0)),
  };
}

function errorOf(bins: readonly CalibrationBin[]): number {
  const pixels = bins.reduce((sum, one) => sum + one.pixels, 0);
  if (pixels === 0) return 0;
  return bins.reduce(
    (sum, one) => sum + one.pixels * Math.abs(one.probability - one.labeled),
    0,
  ) / pixels;
}
