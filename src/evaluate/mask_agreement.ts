import type { MaskBand } from "../masks/mask_band.ts";

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
