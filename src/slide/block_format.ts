import { alphaKind, countColors } from "./check_page.ts";
import type { BlockFormat } from "./codecs/block_job.ts";
import type { Picture } from "./formats/layout.ts";
import { maskPalette } from "./mask_traits.ts";
import type { TiffPage } from "./tiff_page.ts";

/** Collects what decoders need to know about a picture's blocks, in a form that can be posted to a worker. */
export function blockFormat(
  picture: Picture,
  { range, mask = false }: {
    readonly range?: readonly [min: number, max: number];
    readonly mask?: boolean;
  } = {},
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
    colorMap: page.photometric !== 3
      ? undefined
      : mask
      ? maskPalette(page).map
      : paletteBytes(page),
    jpegTables: page.jpegTables,
    invertedInks: page.invertedInks,
    lercScheme: page.lercScheme,
    ...(mask && { mask, signed: page.formats[0] === 2 }),
  };
}

/** 16-bit palettes to bytes, as libtiff does; some writers store bytes, and those stay. */
function paletteBytes({ colorMap = [] }: TiffPage): Uint8Array {
  const shift = colorMap.some((value) => value > 255) ? 8 : 0;
  return Uint8Array.from(colorMap, (value) => value >> shift);
}
