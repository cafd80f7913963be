import type { MaskBand } from "../masks/mask_band.ts";

/** Checks whether a mask is the result of a threshold on its probabilities. */
export class MaskAgreement {
  /** Of each of 256 probabilities, how many pixels are not set and how many are. */
  readonly #histograms = [new Float64Array(256), new Float64Array(256)];

  /** Counts a band's pixels; one without probabilities has nothing to say. */
  add({ mask, probability8 }: MaskBand): void {
    if (!probability8) return;
    const [unset, set] = this.#histograms;
    for (let i = 0; i < mask.length; i++) {
      (mask[i] ? set : unset)[probability8[i]]++;
    }
  }

  /**
   * How many pixels would differ at a threshold. Default: the threshold that fits best. Probabilities that are rounded
   * to the threshold's own byte, or one next to it, may lie on either side of it.
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
