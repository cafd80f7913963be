import { countColors } from "./check_page.ts";
import type { Picture } from "./choose_levels.ts";

/**
 * Converts the decoded samples of a block to RGB. `parts` holds one array a page or plane; alpha is composed over
 * white, so that what a scanner left out looks like glass.
 */
export function toRgb(
  parts: readonly Uint8Array[],
  picture: Picture,
): Uint8Array {
  const [page] = picture;
  const colors = picture.length === 3 ? 3 : countColors(page);
  // One part with all samples, or one sample in each part: either way, a start and a step for each sample.
  const chunky = parts.length === 1;
  const step = chunky ? page.samples : 1;
  const sample = (i: number) => chunky ? parts[0].subarray(i) : parts[i];
  const alphaKind = page.extraSamples[0] ?? 0;
  const hasAlpha = page.samples === colors + 1 &&
    (alphaKind === 1 || alphaKind === 2);
  if (chunky && colors === 3 && step === 3 && picture.length === 1) {
    return parts[0];
  }

  const pixels = parts[0].length / step;
  const rgb = new Uint8Array(pixels * 3);
  const tables = page.photometric === 3
    ? paletteTables(page.colorMap!)
    : undefined;
  for (let channel = 0; channel < 3; channel++) {
    const from = sample(colors === 3 ? channel : 0);
    const table = tables?.[channel];
    const flip = page.photometric === 0 ? 255 : 0;
    for (let i = 0, j = channel; j < rgb.length; i += step, j += 3) {
      rgb[j] = table ? table[from[i]] : from[i] ^ flip;
    }
  }
  if (hasAlpha) {
    composeOverWhite(rgb, {
      alpha: sample(colors),
      step,
      premultiplied: alphaKind === 1,
    });
  }
  return rgb;
}

/** 16-bit palettes to bytes, as libtiff does; some writers store bytes, and those stay. */
function paletteTables(map: readonly number[]): Uint8Array[] {
  const count = map.length / 3;
  const shift = map.some((value) => value > 255) ? 8 : 0;
  return [0, 1, 2].map((channel) =>
    Uint8Array.from(
      { length: 256 },
      (_, i) => map[channel * count + i] >> shift,
    )
  );
}

function composeOverWhite(
  rgb: Uint8Array,
  { alpha, step, premultiplied }: {
    alpha: Uint8Array;
    step: number;
    premultiplied: boolean;
  },
): void {
  for (let i = 0, j = 0; j < rgb.length; i += step, j += 3) {
    const a = alpha[i];
    if (a === 255) continue;
    for (let k = j; k < j + 3; k++) {
      const color = premultiplied ? rgb[k] : rgb[k] * a / 255;
      rgb[k] = Math.min(255, Math.round(color + 255 - a));
    }
  }
}
