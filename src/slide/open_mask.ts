import { cannot, reasonOf } from "../errors/cannot.ts";
import { isMissing } from "../io/is_absent.ts";
import { maskTraits } from "./mask_traits.ts";
import { openSource } from "./open_source.ts";

import type { ReadRegionOptions, Region, Slide } from "./slide.ts";
import { openSlideFile } from "./open_slide_file.ts";

/** A picture read as a mask. */
export interface Mask extends Slide {
  /** Notes on the interpretation where the file is ambiguous, one line each. */
  readonly notes: readonly string[];
  /** Whether its values have colors by a palette, as those of classes have. */
  readonly colored: boolean;
}

/** Rows of a picture with alpha that are scanned together. */
const ROWS = 512;

/**
 * Opens a picture as a mask: white is foreground, black background, at each of its levels. A pixel is foreground if any of its
 * samples is not zero, whatever their depth; pixels that are transparent, missing in the file or outside of it are
 * background. If all visible pixels are black, they are foreground. Colors are accepted only on a transparent background,
 * as other color pictures may be slides.
 *
 * @throws {TypeError} If it cannot be read, or its background is ambiguous.
 * @throws {Error} If the file cannot be opened.
 */
export async function openMask(
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Mask> {
  const name = path.split(/[\\/]/).at(-1)!.replace(/(?<=[^])\.[^.]*$/, "");
  const source = await openSource(path, { signal }).catch((cause) => {
    throw cannot(
      `open mask "${path}"`,
      isMissing(cause) ? "it does not exist" : reasonOf(cause),
      { cause },
    );
  });
  let traits: ReturnType<typeof maskTraits> | undefined;
  let picture: Slide | undefined;
  try {
    picture = await openSlideFile(source, {
      name,
      signal,
      mask: (page) => traits = maskTraits(page),
    });
    const { alpha, ...said } = traits!;
    const found = alpha ? await scanAlpha(picture, signal) : OPAQUE;
    return asMask(picture, found, said);
  } catch (cause) {
    await (picture ? picture[Symbol.asyncDispose]() : source.close());
    signal?.throwIfAborted();
    throw cannot(`open mask "${path}"`, reasonOf(cause), { cause });
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

/** Looks for transparent pixels, and for visible ones that are black, not black, and colored. */
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
  { notes, ...said }: Pick<Mask, "notes" | "colored">,
): Mask {
  const isStencil = transparent && black && !lit;
  const { name, width, height, mpp, objectivePower, version, levels } = picture;
  return {
    ...{ name, width, height, mpp, objectivePower, version, levels },
    ...said,
    notes: isStencil
      ? [...notes, "everything visible is black and is taken as foreground"]
      : colored && transparent
      ? [
        ...notes,
        "it has colors: everything visible that is not black is foreground",
      ]
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
          throw cannot(
            `use "${name}" as a mask`,
            `it has colors, like a slide, at ${region.x + x},${
              region.y + Math.floor(y)
            }: save it as grayscale, or with a transparent background`,
            { kind: TypeError },
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
