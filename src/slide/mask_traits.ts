import { cannot } from "../errors/cannot.ts";
import type { Encoding, StoredPicture } from "./encoding.ts";

/**
 * Finds which palette entries are foreground in a mask. In a palette of grays, all but black are foreground. A palette
 * of colors distinguishes classes: its first entry, which must be black, white or transparent, is background, and the
 * others are foreground.
 *
 * @returns 255 for each entry that is foreground, 0 for others, three times over; and notes on the interpretation.
 * @throws {TypeError} If it is ambiguous which entry is background.
 */
export function maskPalette(
  { colorMap = [], transparency }: Encoding,
): { readonly map: Uint8Array; readonly notes: readonly string[] } {
  const count = colorMap.length / 3;
  const entries = Array.from({ length: count }, (_, i) => ({
    rgb: [0, 1, 2].map((channel) => colorMap[channel * count + i]),
    visible: (transparency?.[i] ?? 255) > 0,
  }));
  const isBlack = ({ rgb }: typeof entries[number]) =>
    rgb.every((value) => value === 0);
  // TIFF palettes are as long as the depth allows: trailing black entries are usually unused.
  const used = entries.slice(
    0,
    1 + entries.findLastIndex((one) => !isBlack(one)),
  );
  const seen = entries.filter(({ visible }) => visible);
  if (seen.length < count && seen.every(isBlack)) {
    return toMap(entries.map(({ visible }) => visible), [
      "everything visible is black and is taken as foreground",
    ]);
  }
  const isGray = used.every(({ rgb: [r, g, b] }) => r === g && g === b);
  const [first] = entries;
  const firstIsEmpty = !first || isBlack(first) || !first.visible;
  const isWhite = first?.rgb.every((value) => value >= 255) &&
    used.slice(1).every((one) => !isBlack(one));
  if (!isGray && !firstIsEmpty && !isWhite) {
    throw cannot(
      "read a mask",
      `the first color of its palette, ${
        first.rgb.map((value) => value > 255 ? value >> 8 : value)
      }, may or may not be background: save it as grayscale with 0 as background`,
      { kind: TypeError },
    );
  }
  return toMap(
    entries.map((entry, i) =>
      entry.visible && (isGray ? !isBlack(entry) : i > 0)
    ),
    isGray || firstIsEmpty
      ? []
      : ["the first color of its palette, white, is taken as background"],
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
 * Finds how to read a page as a mask.
 *
 * @returns Whether it has alpha or a palette of colors, and notes on the interpretation, one line each.
 * @throws {TypeError} If its background is ambiguous; the message says what to do.
 */
export function maskTraits(
  page: StoredPicture,
): {
  readonly alpha: boolean;
  /** Whether a palette gives its values colors, as of classes. */
  readonly colored: boolean;
  readonly notes: readonly string[];
} {
  const { photometric, bits, formats, compression, description } = page;
  const notes: string[] = [];
  if (photometric === 0) {
    if (description.startsWith("ImageJ=")) {
      throw cannot(
        "read a mask",
        "its lookup table is inverted, so its foreground is ambiguous: invert it (Image > Lookup Tables > Invert LUT in ImageJ), and save it again",
        { kind: TypeError },
      );
    }
    if (bits[0] > 8 || formats[0] === 3) {
      throw cannot(
        "read a mask",
        `a mask whose zero is white must have at most 8 bits, and this one has ${
          bits[0]
        }: save it with 0 as background`,
        { kind: TypeError },
      );
    }
    notes.push("zero is white in its file: black is taken as background");
  }
  if (photometric === 3) notes.push(...maskPalette(page).notes);
  else if (page.transparency?.some((byte) => byte !== 0)) {
    throw cannot(
      "read a mask",
      "a color of its PNG is transparent (tRNS), so its background is ambiguous: save it as grayscale with 0 as background",
      { kind: TypeError },
    );
  }
  if (compression === 7) {
    notes.push(
      "it is a JPEG, whose edges are blurred: pixels lighter than middle gray are taken as foreground",
    );
  }
  const alpha = page.extraSamples[0] === 1 || page.extraSamples[0] === 2;
  return { alpha, colored: photometric === 3 && !isGrayMap(page), notes };
}

/** Whether all colors of a palette are grays. */
function isGrayMap({ colorMap = [] }: Encoding): boolean {
  const count = colorMap.length / 3;
  return Array.from({ length: count }, (_, i) => i).every((i) =>
    colorMap[i] === colorMap[count + i] &&
    colorMap[i] === colorMap[2 * count + i]
  );
}
