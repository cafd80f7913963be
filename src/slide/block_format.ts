import { alphaKind, countColors } from "./check_page.ts";
import type { BlockFormat } from "./codecs/block_job.ts";

import { maskPalette } from "./mask_traits.ts";
import type { Encoding } from "./encoding.ts";

/** How samples become colors. */
export interface FormatOptions {
  /** The values of black and white. Default: those of the sample type. */
  readonly range?: readonly [min: number, max: number];
  /** Whether the picture is read as a mask, or as one of classes, whose values stay. Default: false. */
  readonly mask?: boolean | "classes";
  /** The sample of each pixel that is read by its values, whatever its depth. Default: colors are read. */
  readonly sample?: number;
}

/**
 * Collects what decoders need to know about a picture's blocks, in a form that can be posted to a worker.
 *
 * @param picture The encoding of its pages: one, or three that are red, green and blue.
 */
export function blockFormat(
  picture: readonly Encoding[],
  { range, mask = false, sample }: FormatOptions = {},
): BlockFormat {
  const [page] = picture;
  const colors = picture.length === 3 ? 3 : countColors(page);
  const extra = picture.length === 1 ? alphaKind(page) : 0;
  return {
    compression: page.compression,
    predictor: page.predictor,
    photometric: page.photometric,
    bits: page.bits[0],
    float: page.formats[0] === 3,
    samples: page.planar ? 1 : page.samples,
    colors,
    // Floats of a mask are integers; all but 0 are foreground.
    range: mask ? page.formats[0] === 3 ? [0, 1] : undefined : range,
    alpha: extra === 1 ? "premultiplied" : extra === 2 ? "straight" : "none",
    littleEndian: page.littleEndian,
    reversedBits: page.fillOrder === 2,
    subsampling: page.subsampling,
    colorMap: page.photometric !== 3 || mask === "classes"
      ? undefined
      : mask
      ? maskPalette(page).map
      : paletteBytes(page),
    jpegTables: page.jpegTables,
    invertedInks: page.invertedInks,
    lercScheme: page.lercScheme,
    ...(mask && { mask, signed: page.formats[0] === 2 }),
    ...(sample !== undefined && {
      ...{ sample, alpha: "none", range: undefined },
      signed: page.formats[0] === 2,
    }),
  };
}

/** 16-bit palettes to bytes, as libtiff does; some writers store bytes, and those stay. */
function paletteBytes({ colorMap = [] }: Encoding): Uint8Array {
  const shift = colorMap.some((value) => value > 255) ? 8 : 0;
  return Uint8Array.from(colorMap, (value) => value >> shift);
}
