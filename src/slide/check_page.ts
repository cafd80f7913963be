import { cannot } from "../errors/cannot.ts";
import { MAX_BLOCK_BYTES, MAX_SIDE } from "../io/limits.ts";
import { codecName, codecOf } from "./codecs/codecs.ts";
import { PNG } from "./codecs/block_job.ts";
import { JPEG_2000 } from "./codecs/jpeg2000.ts";
import type { Encoding, StoredPicture } from "./encoding.ts";

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
  readonly mask?: boolean | "classes";
  /** The sample of each pixel that is read by its values, which may be signed; others may mean anything. Default: colors are read. */
  readonly sample?: number;
}

const INTEGER_DEPTHS = [1, 2, 4, 8, 10, 12, 14, 16, 32];
const FLOAT_DEPTHS = [16, 32, 64];

/**
 * Checks that a page can be read before memory of its size is allocated.
 *
 * @throws {TypeError} If its encoding is not supported; the message names it.
 * @throws {RangeError} If its sizes are impossible, or its blocks are too large.
 */
export function checkPage(
  page: StoredPicture,
  options: CheckPageOptions = {},
): void {
  checkSizes(page);
  checkSamples(page, options);
  if (options.sample === undefined) checkColors(page);
  else checkValues(page, options.sample);
  const { compression, predictor, fillOrder, bits } = page;
  if (!codecOf(compression)) {
    throw cannot(
      "read a page",
      `its compression is not supported: ${codecName(compression)}`,
      { kind: TypeError },
    );
  }
  if (fillOrder !== 1 && fillOrder !== 2) {
    throw cannot(
      "read a page",
      "its fill order must be 1 or 2",
      { received: fillOrder, kind: TypeError },
    );
  }
  const fits = predictor === 1 || (predictor === 2 && bits[0] % 8 === 0) ||
    (predictor === 3 && page.formats[0] === 3);
  if (!fits) {
    throw cannot(
      "read a page",
      `its predictor is not supported: ${predictor} with ${
        bits[0]
      }-bit samples`,
      { kind: TypeError },
    );
  }
}

/** Whether a scheme compresses plain bytes, not pictures with their own header. */
export function isOfBytes(compression: number): boolean {
  const codec = codecOf(compression);
  return codec !== undefined && "unpack" in codec;
}

/** Number of samples that a photometric tag defines; 0 if it is not supported. */
function countNamed({ photometric }: Encoding): number {
  return ({ 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3 } as Record<number, number>)[
    photometric
  ] ?? 0;
}

/**
 * Number of samples that carry color; 0 if the photometric tag is not supported. Three or four samples that are
 * declared gray are RGB, as GDAL and rasterio write them.
 */
export function countColors(page: Encoding): number {
  const { photometric, samples } = page;
  return photometric === 1 && (samples === 3 || samples === 4)
    ? 3
    : countNamed(page);
}

/** The kind of the sample after the colors: 0 unknown, 1 premultiplied alpha, 2 straight alpha. */
export function alphaKind(page: Encoding): number {
  const at = countColors(page) - countNamed(page);
  return page.samples > countColors(page) ? page.extraSamples[at] ?? 0 : 0;
}

function checkSamples(
  { bits, formats, compression, samples, planar }: Encoding,
  { mask = false, sample }: CheckPageOptions,
): void {
  const [depth] = bits;
  const isSigned = formats.includes(2) && !mask && sample === undefined;
  if (isSigned || formats.some((format) => format > 4)) {
    throw cannot(
      "read a page",
      `${isSigned ? "signed" : "complex"} samples are not supported`,
      { kind: TypeError },
    );
  }
  const known = formats[0] === 3 ? FLOAT_DEPTHS : INTEGER_DEPTHS;
  const isRead = (known.includes(depth) || (mask && depth === 64)) &&
    (codecOf(compression)?.depths?.includes(depth) ?? true);
  // OpenJPEG's build returns several samples as one byte each.
  const isWideJpeg2000 = codecOf(compression) === JPEG_2000 && depth > 8 &&
    samples > 1 && !planar;
  const isUniform = bits.every((value) => value === depth) &&
    formats.every((value) => (value === 3) === (formats[0] === 3));
  if (isRead && isUniform && !isWideJpeg2000) return;
  throw cannot(
    "read a page",
    `${samples} ${formats[0] === 3 ? "float" : "integer"} samples of ${
      [...new Set(bits)].join(", ")
    } bits are not supported with compression ${codecName(compression)}`,
    { kind: TypeError },
  );
}

function checkColors(page: Encoding): void {
  const { photometric, samples, planar, compression, bits, subsampling } = page;
  const colors = countColors(page);
  if (colors === 0 || (photometric === 6 && planar)) {
    throw cannot(
      "read a page",
      `its colors must be RGB, grayscale, a palette, CMYK or YCbCr, not ${
        PHOTOMETRICS[photometric] ?? `photometric ${photometric}`
      }`,
      { kind: TypeError },
    );
  }
  // Extra samples in JPEG have no defined meaning.
  const isFixed = photometric === 6 || (compression === 7 && !planar);
  if (samples < colors || (isFixed && samples > colors)) {
    throw cannot(
      "read a page",
      `${
        PHOTOMETRICS[photometric] ?? "its colors"
      } must have ${colors} samples per pixel`,
      { received: samples, kind: TypeError },
    );
  }
  checkExtraSamples(page);
  if (photometric === 6 && isOfBytes(compression)) {
    const isRead = bits[0] === 8 &&
      subsampling.every((value) => [1, 2, 4].includes(value));
    if (!isRead) {
      throw cannot(
        "read a page",
        `YCbCr must have 8 bits and 1, 2 or 4 pixels per chroma sample, received ${
          bits[0]
        } bits and ${subsampling.join("×")}`,
        { kind: TypeError },
      );
    }
  }
  const entries = 3 * 2 ** bits[0];
  if (photometric !== 3) return;
  if (bits[0] > 8 || (page.colorMap?.length ?? 0) < entries) {
    throw cannot(
      "read a page",
      `a palette of ${
        bits[0]
      } bits must have ${entries} values and at most 8 bits, received ${
        page.colorMap?.length ?? 0
      } values`,
      { kind: RangeError },
    );
  }
}

/** Schemes whose decoders give bytes alone. */
const LERC = 34887;

/** Samples whose values are read may have any number, but their values must be brightness. */
function checkValues(
  { photometric, samples, compression, bits, planar }: Encoding,
  sample: number,
): void {
  const isMixed = samples > 1 && !planar && !isOfBytes(compression);
  const why = sample >= samples
    ? `it has ${samples} samples per pixel`
    : ![0, 1, 2, 3].includes(photometric)
    ? `its samples are ${
      PHOTOMETRICS[photometric] ?? `photometric ${photometric}`
    }, not brightness`
    : compression === LERC || bits[0] < 8 || (isMixed && compression !== PNG)
    ? `single samples of ${bits[0]} bits in ${
      codecName(compression)
    } are not read`
    : undefined;
  if (why) throw cannot("read a page", why, { kind: TypeError });
}

/** One sample besides the colors may be alpha; with RGB it may be ignored. Others have no defined meaning. */
function checkExtraSamples(page: Encoding): void {
  const { samples, photometric } = page;
  const extra = samples - countColors(page);
  if (extra <= 0 || (extra === 1 && alphaKind(page) > 0)) return;
  if (extra === 1 && photometric === 2) return;
  throw cannot(
    "read a page",
    `the meaning of its ${samples} samples per pixel is not defined (photometric ${
      PHOTOMETRICS[photometric] ?? photometric
    }): convert it to RGB, for example with vips extract_band or gdal_translate -b 1 -b 2 -b 3`,
    { kind: TypeError },
  );
}

function checkSizes(page: StoredPicture): void {
  const { width, height, tiled, blockWidth, blockHeight, compression } = page;
  for (const side of [width, height, blockWidth, blockHeight]) {
    if (!(side >= 1 && side <= MAX_SIDE)) {
      throw cannot(
        "read a page",
        `its sides must be from 1 to ${MAX_SIDE}, received ${width}×${height} in blocks of ${blockWidth}×${blockHeight}`,
        { kind: RangeError },
      );
    }
  }
  // Rows of an uncompressed strip are read one by one.
  const whole = tiled || compression !== 1;
  const bytes = Math.max(3, page.samples * (page.bits[0] ?? 1) / 8);
  if (whole && blockWidth * blockHeight * bytes > MAX_BLOCK_BYTES) {
    const most = Math.floor(MAX_BLOCK_BYTES / bytes);
    throw cannot(
      "read a page",
      `blocks of its pixels must have at most ${most} pixels, as they are decoded whole, received ${blockWidth}×${blockHeight}: save it as a tiled TIFF, for example with vips tiffsave --tile`,
      { kind: RangeError },
    );
  }
}
