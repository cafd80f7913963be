import type { TiffPage } from "./tiff_page.ts";

/**
 * Finds which palette entries are foreground in a mask. In a palette of grays, all but black are foreground. A palette
 * of colors distinguishes classes: its first entry, which must be black, white or transparent, is background, and the
 * others are foreground.
 *
 * @returns 255 for each entry that is foreground, 0 for others, three times over; and notes on the interpretation.
 * @throws {TypeError} If it is not certain which entry is background.
 */
export function maskPalette(
  { colorMap = [], transparency }: TiffPage,
): { readonly map: Uint8Array; readonly notes: readonly string[] } {
  const count = colorMap.length / 3;
  const entries = Array.from({ length: count }, (_, i) => ({
    rgb: [0, 1, 2].map((channel) => colorMap[channel * count + i]),
    visible: (transparency?.[i] ?? 255) > 0,
  }));
  const isBlack = ({ rgb }: typeof entries[number]) =>
    rgb.every((value) => value === 0);
  // TIFF's palettes are as long as the depth allows: black at the end is mostly not used.
  const used = entries.slice(
    0,
    1 + entries.findLastIndex((one) => !isBlack(one)),
  );
  const seen = entries.filter(({ visible }) => visible);
  if (seen.length < count && seen.every(isBlack)) {
    return toMap(entries.map(({ visible }) => visible), [
      "all that is visible is black, and taken for foreground",
    ]);
  }
  const isGray = used.every(({ rgb: [r, g, b] }) => r === g && g === b);
  const [first] = entries;
  const firstIsEmpty = !first || isBlack(first) || !first.visible;
  const isWhite = first?.rgb.every((value) => value >= 255) &&
    used.slice(1).every((one) => !isBlack(one));
  if (!isGray && !firstIsEmpty && !isWhite) {
    throw new TypeError(
      `the first color of its palette, ${
        first.rgb.map((value) => value > 255 ? value >> 8 : value)
      }, may be background or not: save it in gray, with 0 for background`,
    );
  }
  return toMap(
    entries.map((entry, i) =>
      entry.visible && (isGray ? !isBlack(entry) : i > 0)
    ),
    isGray || firstIsEmpty
      ? []
      : ["the first color of its palette, white, is taken for background"],
  );
}

function toMap(
  set: readonly boolean[],
  notes: readonly string[],
): ReturnType<typeof maskPalette> {
  const map = [...set, ...set, ...set].map((value) => value ? 255 : 0);
  return { map: Uint8Array.from(map), notes };
}

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
