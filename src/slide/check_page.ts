import { COMPRESSION, type TiffPage } from "./tiff_page.ts";

/** Blocks of more RGB bytes than this are refused: they would have to be decoded whole. */
const MAX_BLOCK_BYTES = 1 << 29;
/** Sides of more pixels than this are taken for a lie. */
const MAX_SIDE = 1 << 24;

const READ_COMPRESSIONS = [1, 5, 7, 8, 32773, 32946];
const PHOTOMETRICS: { readonly [id: number]: string } = {
  [-1]: "no photometric tag",
  4: "a transparency mask",
  5: "CMYK",
  6: "YCbCr that is not interleaved JPEG",
  8: "CIELab",
};

/**
 * Checks that a page can be read, before anything of its size is allocated.
 *
 * @throws {TypeError} If it is encoded in a way that is not read; the message says in which.
 * @throws {RangeError} If its sizes cannot be true, or its blocks are too large.
 */
export function checkPage(page: TiffPage): void {
  checkSizes(page);
  const { bits, formats, compression, photometric, samples, planar } = page;
  if (bits.some((value) => value !== 8)) {
    throw new TypeError(
      `only 8 bits a sample are read: received ${
        [...new Set(bits)].join(", ")
      }`,
    );
  }
  if (formats.some((value) => value !== 1)) {
    throw new TypeError(
      `only unsigned samples are read: received ${
        formats.includes(3) ? "floats" : "signed ones"
      }`,
    );
  }
  if (!READ_COMPRESSIONS.includes(compression)) {
    throw new TypeError(
      `only uncompressed, LZW, deflate, PackBits and JPEG blocks are read: received ${
        COMPRESSION[compression] ?? `compression ${compression}`
      }`,
    );
  }
  const jpeg = compression === 7;
  const colors = countColors(page);
  if (colors === 0 || (photometric === 6 && planar)) {
    throw new TypeError(
      `only RGB, greyscale, palette and JPEG's YCbCr are read: received ${
        PHOTOMETRICS[photometric] ?? `photometric ${photometric}`
      }`,
    );
  }
  const most = jpeg && !planar ? colors : colors + 1;
  if (samples < colors || samples > most) {
    throw new TypeError(
      `only ${colors} or ${most} samples a pixel are read: received ${samples}`,
    );
  }
  if (page.predictor !== 1 && page.predictor !== 2) {
    throw new TypeError(
      `only predictors 1 and 2 are read: received ${page.predictor}`,
    );
  }
  if (page.fillOrder !== 1) {
    throw new TypeError(
      `only fill order 1 is read: received ${page.fillOrder}`,
    );
  }
  if (photometric === 3 && (page.colorMap?.length ?? 0) < 3 * 256) {
    throw new RangeError(
      `a palette has 768 values: received ${page.colorMap?.length ?? 0}`,
    );
  }
}

/** Samples that carry colour, by the photometric tag; 0 if it is one that is not read. */
export function countColors({ photometric, compression }: TiffPage): number {
  if (photometric === 2 || (photometric === 6 && compression === 7)) return 3;
  return [0, 1, 3].includes(photometric) ? 1 : 0;
}

function checkSizes(page: TiffPage): void {
  const { width, height, tiled, blockWidth, blockHeight, compression } = page;
  for (const side of [width, height, blockWidth, blockHeight]) {
    if (!(side >= 1 && side <= MAX_SIDE)) {
      throw new RangeError(
        `sides lie in 1 to ${MAX_SIDE}: received ${width}×${height} in blocks of ${blockWidth}×${blockHeight}`,
      );
    }
  }
  // Rows of an uncompressed strip are read one by one.
  const whole = tiled || compression !== 1;
  if (whole && blockWidth * blockHeight * 3 > MAX_BLOCK_BYTES) {
    throw new RangeError(
      `blocks hold at most ${MAX_BLOCK_BYTES} bytes: received ${blockWidth}×${blockHeight} pixels`,
    );
  }
}
