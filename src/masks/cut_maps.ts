/** The pixels of probability maps, one per class, at a threshold. */
export interface CutPixels {
  /** The number of each pixel's class, from 1, or 0 for background. */
  readonly mask: Uint8Array;
  /** Its probability, 0 to 255; with several classes, the highest. */
  readonly probability8: Uint8Array;
}

/**
 * Cuts probability maps of 8 bits at a threshold, as networks are: a pixel belongs to the first class of those with the
 * highest probability, if that is above the threshold.
 *
 * @param maps The probability of each class, 0 to 255 for 0 to 1.
 */
export function cutMaps(
  maps: readonly Uint8Array[],
  threshold: number,
): CutPixels {
  const [first, ...others] = maps;
  const least = threshold * 255;
  if (others.length === 0) {
    const mask = new Uint8Array(first.length);
    for (let i = 0; i < mask.length; i++) mask[i] = first[i] > least ? 1 : 0;
    return { mask, probability8: first };
  }
  const mask = new Uint8Array(first.length).fill(1);
  const probability8 = first.slice();
  others.forEach((map, k) => {
    for (let i = 0; i < map.length; i++) {
      if (map[i] <= probability8[i]) continue;
      probability8[i] = map[i];
      mask[i] = k + 2;
    }
  });
  for (let i = 0; i < mask.length; i++) {
    if (!(probability8[i] > least)) mask[i] = 0;
  }
  return { mask, probability8 };
}
