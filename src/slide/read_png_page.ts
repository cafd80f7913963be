import type { ByteSource } from "./byte_source.ts";
import { PNG } from "./codecs/block_job.ts";
import { pngSamples, readPngChunks } from "./codecs/png_chunks.ts";
import { picturePage } from "./picture_page.ts";
import type { TiffPage } from "./tiff_page.ts";

/** TIFF's photometric of each color type of PNG. */
const PHOTOMETRICS: { readonly [colorType: number]: number } = {
  0: 1,
  2: 2,
  3: 3,
  4: 1,
  6: 2,
};
/** Bytes before a PNG's pixels: header, palette, transparency, and what else a program put there. */
const HEADER_BYTES = 1 << 20;

/**
 * Reads the header of a PNG picture.
 *
 * Source: PNG specification, third edition.
 *
 * @throws {SyntaxError} If it is damaged.
 */
export async function readPngPage(source: ByteSource): Promise<TiffPage> {
  const header = readPngChunks(
    await source.read(0, Math.min(HEADER_BYTES, source.size)),
  );
  const { width, height, bits, colorType } = header;
  const samples = pngSamples(colorType);
  return picturePage(source, {
    width,
    height,
    samples,
    depth: bits,
    compression: PNG,
    photometric: PHOTOMETRICS[colorType] ?? -1,
    // Alpha is straight.
    extraSamples: colorType >= 4 ? [2] : [],
    transparency: header.transparency,
    colorMap: header.palette && paletteOverWhite(header),
  });
}

/** Red, then green, then blue of all entries that the depth can name; what is not opaque, over white. */
function paletteOverWhite(
  { bits, palette = new Uint8Array(), transparency = new Uint8Array() }:
    ReturnType<typeof readPngChunks>,
): number[] {
  const count = 2 ** Math.min(bits, 8);
  return [0, 1, 2].flatMap((channel) =>
    Array.from({ length: count }, (_, i) => {
      const alpha = transparency[i] ?? 255;
      const color = palette[3 * i + channel] ?? 0;
      return Math.round((color * alpha + 255 * (255 - alpha)) / 255);
    })
  );
}
