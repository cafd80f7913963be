import { UNKNOWN } from "../../labels/label_source.ts";

/**
 * Reduces a mask of classes: each pixel is of the class, or the background, that covers most of it; of equal ones the first
 * class, and background last.
 *
 * @param values One byte per pixel, 0 for background and k for the k-th class.
 * @param reduce Averages gray values over the area of each pixel.
 */
export function reduceClasses(
  values: Uint8Array,
  reduce: (gray: Uint8Array) => Uint8Array,
): Uint8Array {
  const present = [...new Set(values)].filter((value) => value > 0)
    .sort((a, b) => a - b);
  let reduced: Uint8Array | undefined;
  let most: Uint8Array | undefined; // the share of the class so far
  let covered: Uint16Array | undefined; // by all classes
  for (const value of present) {
    const share = reduce(values.map((one) => one === value ? 255 : 0));
    reduced ??= new Uint8Array(share.length);
    most ??= new Uint8Array(share.length);
    covered ??= new Uint16Array(share.length);
    for (let i = 0; i < share.length; i++) {
      covered[i] += share[i];
      if (share[i] <= most[i]) continue;
      most[i] = share[i];
      reduced[i] = value;
    }
  }
  if (!reduced || !most || !covered) return reduce(values); // all background
  for (let i = 0; i < reduced.length; i++) {
    if (255 - covered[i] > most[i]) reduced[i] = 0;
  }
  return reduced;
}

/**
 * Reduces a mask with unknown pixels: a pixel is known if its value is the same whatever its unknown part is.
 *
 * @param values 0 or 1, or of several classes their numbers, or {@linkcode UNKNOWN}.
 */
export function reduceKnown(
  values: Uint8Array,
  reduce: (gray: Uint8Array) => Uint8Array,
  { classes }: { readonly classes: boolean },
): Uint8Array {
  const share = (number: number) =>
    reduce(values.map((value) => value === number ? 255 : 0));
  if (!classes) {
    const [least, most] = [0, 1].map((guess) =>
      reduce(values.map((value) => value === UNKNOWN ? guess : value))
    );
    return least.map((value, i) => value === most[i] ? value : UNKNOWN);
  }
  const unknown = share(UNKNOWN);
  const certain = reduceClasses(
    values.map((value) => value === UNKNOWN ? 0 : value),
    reduce,
  );
  const [first, second] = [0, 1].map(() => new Uint8Array(unknown.length));
  const present = new Set(values).add(0);
  present.delete(UNKNOWN);
  for (const number of present) {
    share(number).forEach((value, i) => {
      if (value > first[i]) [first[i], second[i]] = [value, first[i]];
      else if (value > second[i]) second[i] = value;
    });
  }
  // Shares are rounded: together they are off by less than 2.
  return certain.map((value, i) =>
    unknown[i] === 0 || first[i] >= second[i] + unknown[i] + 2 ? value : UNKNOWN
  );
}

/** Counts the pixels of each class. */
export function countValues(values: Uint8Array, classes: number): number[] {
  const counts = Array<number>(UNKNOWN + 1).fill(0);
  for (const value of values) counts[value]++;
  return counts.slice(1, classes + 1);
}
