import { codecName, codecOf } from "./codecs/codecs.ts";
import { JPEG_2000 } from "./codecs/jpeg2000.ts";
import type { TiffPage } from "./tiff_page.ts";

/** Blocks of more RGB bytes than this are refused: they would have to be decoded whole. */
const MAX_BLOCK_BYTES = 1 << 29;
/** Sides of more pixels than this are rejected as corrupt. */
const MAX_SIDE = 1 << 24;

const PHOTOMETRICS: { readonly [id: number]: string } = {
  [-1]: "no photometric tag",
  0: "grayscale",
  1: "grayscale",
  2: "RGB",
  3: "a palette",
  4: "a transparency mask",
  5: "CMYK",
  6: "planar YCbCr",
  8: "CIELab",
};

/** Options for {@linkcode checkPage}. */
export interface CheckPageOptions {
  /** Whether it is read as a mask, which may have signed and 64-bit integers. Default: false. */
  readonly mask?: boolean;
}

const INTEGER_DEPTHS = [1, 2, 4, 8, 10, 12, 14, 16, 32];
const FLOAT_DEPTHS = [16, 32, 64];

/**
 * Checks that a page can be read, before anything of its size is allocated.
 *
 * @throws {TypeError} If its encoding is not supported; the message names it.
 * @throws {RangeError} If its sizes are impossible, or its blocks are too large.
 */
export function checkPage(
  page: TiffPage,
  options: CheckPageOptions = {},
): void {
  checkSizes(page);
  checkSamples(page, options);
  checkColors(page);
  const { compression, predictor, fillOrder, bits } = page;
  if (!codecOf(compression)) {
    throw new TypeError(
      `its compression is not read: received ${codecName(compression)}`,
    );
  }
  if (fillOrder !== 1 && fillOrder !== 2) {
    throw new TypeError(
      `only fill orders 1 and 2 are read: received ${fillOrder}`,
    );
  }
  const fits = predictor === 1 || (predictor === 2 && bits[0] % 8 === 0) ||
    (predictor === 3 && page.formats[0] === 3);
  if (!fits) {
    throw new TypeError(
      `only predictors 1, 2 of whole bytes, and 3 of floats are read: received ${predictor} of ${
        bits[0]
      } bits`,
    );
  }
}

/** Whether blocks of a scheme are plain bytes, and not pictures with their own header. */
export function isOfBytes(compression: number): boolean {
  const codec = codecOf(compression);
  return codec !== undefined && "unpack" in codec;
}

/** Samples that a photometric tag defines; 0 if it is not supported. */
function countNamed({ photometric }: TiffPage): number {
  return ({ 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3 } as Record<number, number>)[
    photometric
  ] ?? 0;
}

/**
 * Samples that carry color; 0 if the photometric tag is not supported. Three or four samples that are declared gray are
 * RGB, as GDAL and rasterio write them.
 */
export function countColors(page: TiffPage): number {
  const { photometric, samples } = page;
  return photometric === 1 && (samples === 3 || samples === 4)
    ? 3
    : countNamed(page);
}

/** What the sample after the colors is; 0 not said, 1 premultiplied alpha, 2 straight alpha. */
export function alphaKind(page: TiffPage): number {
  const at = countColors(page) - countNamed(page);
  return page.samples > countColors(page) ? page.extraSamples[at] ?? 0 : 0;
}

function checkSamples(
  { bits, formats, compression, samples, planar }: TiffPage,
  { mask = false }: CheckPageOptions,
): void {
  const [depth] = bits;
  const isSigned = formats.includes(2) && !mask;
  if (isSigned || formats.some((format) => format > 4)) {
    throw new TypeError(
      `only unsigned and floating samples are read: received ${
        isSigned ? "signed" : "complex"
      } ones`,
    );
  }
  const known = formats[0] === 3 ? FLOAT_DEPTHS : INTEGER_DEPTHS;
  const isRead = (known.includes(depth) || (mask && depth === 64)) &&
    (codecOf(compression)?.depths?.includes(depth) ?? true);
  // What OpenJPEG's build returns; of several samples it has a byte each.
  const isWideJpeg2000 = codecOf(compression) === JPEG_2000 && depth > 8 &&
    samples > 1 && !planar;
  const isUniform = bits.every((value) => value === depth) &&
    formats.every((value) => (value === 3) === (formats[0] === 3));
  if (isRead && isUniform && !isWideJpeg2000) return;
  throw new TypeError(
    `${samples} samples of ${
      [...new Set(bits)].join(", ")
    } bits are not read in ${
      formats[0] === 3 ? "floats" : "integers"
    } with compression ${codecName(compression)}`,
  );
}

function checkColors(page: TiffPage): void {
  const { photometric, samples, planar, compression, bits, subsampling } = page;
  const colors = countColors(page);
  if (colors === 0 || (photometric === 6 && planar)) {
    throw new TypeError(
      `only RGB, grayscale, palette, CMYK and YCbCr are read: received ${
        PHOTOMETRICS[photometric] ?? `photometric ${photometric}`
      }`,
    );
  }
  // Extra samples in JPEG have no agreed meaning.
  const isFixed = photometric === 6 || (compression === 7 && !planar);
  if (samples < colors || (isFixed && samples > colors)) {
    throw new TypeError(
      `${colors} samples a pixel are read of ${
        PHOTOMETRICS[photometric] ?? "its colors"
      }: received ${samples}`,
    );
  }
  checkExtraSamples(page);
  if (photometric === 6 && isOfBytes(compression)) {
    const isRead = bits[0] === 8 &&
      subsampling.every((value) => [1, 2, 4].includes(value));
    if (!isRead) {
      throw new TypeError(
        `YCbCr is read with 8 bits and 1, 2 or 4 pixels a chroma sample: received ${
          bits[0]
        } bits, ${subsampling.join("×")}`,
      );
    }
  }
  const entries = 3 * 2 ** bits[0];
  if (photometric !== 3) return;
  if (bits[0] > 8 || (page.colorMap?.length ?? 0) < entries) {
    throw new RangeError(
      `a palette of ${
        bits[0]
      } bits has ${entries} values, 8 bits at most: received ${
        page.colorMap?.length ?? 0
      }`,
    );
  }
}

/** One sample besides the colors may be alpha; with RGB it may be ignored. Others have no agreed meaning. */
function checkExtraSamples(page: TiffPage): void {
  const { samples, photometric } = page;
  const extra = samples - countColors(page);
  if (extra <= 0 || (extra === 1 && alphaKind(page) > 0)) return;
  if (extra === 1 && photometric === 2) return;
  throw new TypeError(
    `no rule says what its ${samples} samples a pixel are (photometric ${
      PHOTOMETRICS[photometric] ?? photometric
    }): convert it to RGB, for instance with vips extract_band or gdal_translate -b 1 -b 2 -b 3`,
  );
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
  const bytes = Math.max(3, page.samples * (page.bits[0] ?? 1) / 8);
  if (whole && blockWidth * blockHeight * bytes > MAX_BLOCK_BYTES) {
    throw new RangeError(
      `blocks hold at most ${MAX_BLOCK_BYTES} bytes: received ${blockWidth}×${blockHeight} pixels of ${bytes}`,
    );
  }
}
