import { openSource } from "./open_source.ts";
import { restateError } from "./restate_error.ts";
import type { ReadRegionOptions, Region, Slide } from "./slide.ts";
import type { TiffPage } from "./tiff_page.ts";
import { TiffSlide } from "./tiff_slide.ts";

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

/** A picture that is read as a mask. */
export interface Mask extends Slide {
  /** Notes on the interpretation where the file is ambiguous, one line each. */
  readonly notes: readonly string[];
}

/** Rows of a picture with alpha that are looked at together. */
const ROWS = 512;

/**
 * Opens a picture as a mask: white is foreground, black background, at each of its levels. Foreground is what has a
 * sample other than zero, whatever its depth; what is transparent, missing in the file or outside of it is background.
 * If all that is visible is black, what is visible is foreground. Colors are accepted only on a transparent background,
 * as other color pictures may be slides.
 *
 * @throws {TypeError} If it cannot be read, or it is not certain what its background is.
 * @throws {Error} If the file cannot be opened.
 */
export async function openMask(
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Mask> {
  const name = path.split(/[\\/]/).at(-1)!.replace(/(?<=.)\.[^.]*$/, "");
  const source = await openSource(path, { signal }).catch((cause) => {
    throw restateError(
      cause?.name === "NotFound" ? new Error("it does not exist") : cause,
      `Cannot open mask ${path}`,
    );
  });
  let traits: ReturnType<typeof maskTraits> | undefined;
  let picture: Slide | undefined;
  try {
    picture = await TiffSlide.open(source, {
      name,
      signal,
      mask: (page) => traits = maskTraits(page),
    });
    const { alpha, notes } = traits!;
    const found = alpha ? await scanAlpha(picture, signal) : OPAQUE;
    return asMask(picture, found, notes);
  } catch (cause) {
    await (picture ? picture[Symbol.asyncDispose]() : source.close());
    signal?.throwIfAborted();
    throw restateError(cause, `Cannot open mask ${path}`);
  }
}

/** Properties of a picture's pixels. */
interface Found {
  readonly transparent: boolean;
  readonly black: boolean;
  readonly lit: boolean;
  readonly colored: boolean;
}

const OPAQUE: Found = {
  transparent: false,
  black: true,
  lit: true,
  colored: false,
};

/** Looks for transparent pixels, and for visible ones that are black, that are not, and that have a color. */
async function scanAlpha(
  picture: Slide,
  signal: AbortSignal | undefined,
): Promise<Found> {
  let transparent = false, black = false, lit = false, colored = false;
  const { width } = picture;
  for (let y = 0; y < picture.height; y += ROWS) {
    const height = Math.min(ROWS, picture.height - y);
    const flags = await picture.readRegion({ x: 0, y, width, height }, {
      signal,
    });
    for (let i = 0; i < flags.length; i += 3) {
      if (flags[i + 1] === 0) transparent = true;
      else if (flags[i] === 0) black = true;
      else lit = true;
      if (flags[i + 1] && flags[i + 2]) colored = true;
    }
  }
  return { transparent, black, lit, colored };
}

function asMask(
  picture: Slide,
  { transparent, black, lit, colored }: Found,
  notes: readonly string[],
): Mask {
  const isStencil = transparent && black && !lit;
  const { name, width, height, mpp, objectivePower, version, levels } = picture;
  return {
    ...{ name, width, height, mpp, objectivePower, version, levels },
    notes: isStencil
      ? [...notes, "all that is visible is black, and taken for foreground"]
      : colored && transparent
      ? [...notes, "it has colors: what is visible and not black is foreground"]
      : notes,
    async readRegion(
      region: Region,
      options: ReadRegionOptions = {},
    ): Promise<Uint8Array> {
      const flags = await picture.readRegion(region, { ...options, fill: 0 });
      for (let i = 0; i < flags.length; i += 3) {
        const visible = flags[i + 1];
        if (visible && flags[i + 2] && !transparent) {
          const [x, y] = [i / 3 % region.width, i / 3 / region.width];
          throw new TypeError(
            `Cannot use "${name}" as a mask as it must be gray, or transparent where nothing is: received colors, as of a slide, at ${
              region.x + x
            },${region.y + Math.floor(y)}; save it in gray`,
          );
        }
        const set = visible & (isStencil ? 255 : flags[i]);
        flags[i] = flags[i + 1] = flags[i + 2] = set;
      }
      return flags;
    },
    [Symbol.asyncDispose]: () => picture[Symbol.asyncDispose](),
  };
}
