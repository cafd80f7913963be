import { maskPalette } from "./mask_palette.ts";
import type { TiffPage } from "./tiff_page.ts";

/**
 * Finds how a page is read as a mask.
 *
 * @returns Whether it has alpha, and notes on the interpretation, one line each.
 * @throws {TypeError} If its background is ambiguous; the message says what to do.
 */
export function maskTraits(
  page: TiffPage,
): { readonly alpha: boolean; readonly notes: readonly string[] } {
  const { photometric, bits, formats, compression, description } = page;
  const notes: string[] = [];
  if (photometric === 0) {
    if (description.startsWith("ImageJ=")) {
      throw new TypeError(
        "its lookup table is inverted, so that its foreground is not certain: invert it (Image > Lookup Tables > Invert LUT in ImageJ), and save it again",
      );
    }
    if (bits[0] > 8 || formats[0] === 3) {
      throw new TypeError(
        `masks whose zero is white have up to 8 bits: received ${
          bits[0]
        }; save it with 0 for background`,
      );
    }
    notes.push("zero is white in its file: black is taken for background");
  }
  if (photometric === 3) notes.push(...maskPalette(page).notes);
  else if (page.transparency?.some((byte) => byte !== 0)) {
    throw new TypeError(
      "a color of its PNG is transparent (tRNS), so that its background is not certain: save it in gray, with 0 for background",
    );
  }
  if (compression === 7) {
    notes.push(
      "it is a JPEG, which blurs: what is lighter than half of white is taken for foreground",
    );
  }
  const alpha = page.extraSamples[0] === 1 || page.extraSamples[0] === 2;
  return { alpha, notes };
}
