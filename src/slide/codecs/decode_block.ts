import { freeArray } from "../free_array.ts";
import type { ByteCodec } from "./codec.ts";
import { codecOf } from "./codecs.ts";
import { expandBits } from "./expand_bits.ts";
import { checkMaskSamples, toMask } from "./to_mask.ts";
import { toRgb, ycbcrBytes, ycbcrToRgb } from "./to_rgb.ts";
import { reverseBits, swapBytes, undoPredictor } from "./undo_predictor.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * Whether a block may be encoded at a size: its own, or at the right edge of the picture as narrow as what lies within;
 * the last may be as low, or as high as all others.
 */
export function fitsBlock(
  { width, height }: Size,
  job: Pick<BlockJob, "width" | "within" | "height" | "maxHeight">,
): boolean {
  return width <= job.width && width >= (job.within ?? job.width) &&
    height >= job.height && height <= job.maxHeight;
}

/** Pads the rows of a narrow block to the full width. */
export function widenRows(
  bytes: Uint8Array,
  encodedWidth: number,
  { width, height, format }: Pick<BlockJob, "width" | "height" | "format">,
): Uint8Array {
  if (encodedWidth === width) return bytes;
  const [from, to] = [encodedWidth * format.samples, width * format.samples];
  const out = new Uint8Array(to * height);
  for (let row = 0; row < height; row++) {
    out.set(bytes.subarray(row * from, (row + 1) * from), row * to);
  }
  return out;
}

/**
 * How the blocks of a picture are encoded: all that a decoder needs to know, in a form that can be posted to a worker.
 */
export interface BlockFormat {
  /** TIFF's number of the scheme, or one of {@linkcode PNG}. */
  readonly compression: number;
  /** 1 none, 2 differences along a row, 3 differences of floats' bytes. */
  readonly predictor: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr. */
  readonly photometric: number;
  /** Bits of each sample. */
  readonly bits: number;
  /** Whether samples are floats. Default: false, unsigned integers. */
  readonly float: boolean;
  /** The values that are black and white. Default: 0 and 1 for floats, all that its bits hold for integers. */
  readonly range?: readonly [min: number, max: number];
  /** Samples of a pixel in each part. */
  readonly samples: number;
  /** Samples of a pixel that carry its color: 1 gray or palette, 3, or 4 for CMYK. */
  readonly colors: number;
  /** What the sample after the colors is. */
  readonly alpha: "none" | "straight" | "premultiplied";
  readonly littleEndian: boolean;
  /** Whether the lowest bit of a byte comes first. */
  readonly reversedBits: boolean;
  /** Pixels that share a chroma sample, each way, where YCbCr is not JPEG's. */
  readonly subsampling: readonly [number, number];
  /** Red, then green, then blue, of each palette entry. */
  readonly colorMap?: Uint8Array;
  /** Quantization and Huffman tables shared by a page's JPEG blocks. */
  readonly jpegTables?: Uint8Array;
  /** Whether 255 is no ink in CMYK. */
  readonly invertedInks?: boolean;
  /** Second compression of LERC blocks: 0 none, 1 deflate, 2 zstd. */
  readonly lercScheme?: number;
  /** Whether it is read as a mask, by {@linkcode toMask}. */
  readonly mask?: boolean;
  /** Whether a mask's integers are signed. */
  readonly signed?: boolean;
}

/** One block to decode: its compressed bytes in one part, or one part per plane. */
export interface BlockJob {
  readonly format: BlockFormat;
  /** Compressed bytes; `undefined` where the file leaves the block out. */
  readonly parts: readonly (Uint8Array<ArrayBuffer> | undefined)[];
  /** Pixels per row, encoded and wanted. */
  readonly width: number;
  /** Pixels per row that lie within the picture: blocks at its edge may be encoded in no more. Default: `width`. */
  readonly within?: number;
  /** Rows wanted. */
  readonly height: number;
  /** Rows encoded: `height` at least, `maxHeight` at most. */
  readonly maxHeight: number;
}

/** A pseudo scheme: the block is a whole PNG file. */
export const PNG = -1;

/**
 * Decodes a block to RGB, 3 bytes per pixel: unpacks it, undoes its predictor, makes bytes of its samples and colors of
 * the bytes. The job's parts are consumed and must not be read again.
 *
 * @throws {SyntaxError} If the data are damaged.
 */
export async function decodeBlock(job: BlockJob): Promise<Uint8Array> {
  const { format, parts, width, height } = job;
  const pixels = width * height;
  if (parts.every((part) => part === undefined)) {
    // Scanners leave out blocks of bare glass.
    return new Uint8Array(pixels * 3).fill(format.mask ? 0 : 255);
  }
  const white = format.photometric === 0 || format.photometric === 5 ? 0 : 255;
  const empty = format.mask ? 255 - white : white;
  const samples: Uint8Array[] = [];
  for (const part of parts) {
    samples.push(
      part
        ? await decodePart(part, job)
        : new Uint8Array(pixels * format.samples).fill(empty),
    );
  }
  const rgb = format.mask ? toMask(samples, format) : toRgb(samples, format);
  for (const array of [...parts, ...samples]) {
    if (array && array.buffer !== rgb.buffer) freeArray(array);
  }
  return rgb;
}

/** Whether a block's bytes are nearly its RGB, so that a thread would cost more than it saves. */
export function isRaw(
  { compression, bits, photometric }: BlockFormat,
): boolean {
  return compression === 1 && bits === 8 && photometric !== 6;
}

/** Decodes one part to one byte per sample. */
async function decodePart(
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
): Promise<Uint8Array> {
  const { format, width, height } = job;
  const { bits, samples, float, photometric, predictor } = format;
  const codec = codecOf(format.compression)!; // what has none is refused when it is opened
  if ("decode" in codec) {
    if (format.mask && codec.isLossy?.(data)) {
      throw new TypeError(
        "its blocks are compressed with loss, which blurs a mask: save it without",
      );
    }
    return checkLength(await codec.decode(data, job), width * height * samples);
  }
  const packed = format.reversedBits ? reverseBits(data) : data;
  const isYcbcr = photometric === 6;
  const rowBytes = Math.ceil(width * samples * bits / 8);
  const length = isYcbcr ? ycbcrBytes(job) : rowBytes * height;
  const unpacked = await unpack(packed, codec, {
    length,
    // The last rows may be encoded though they lie below the picture.
    most: Math.max(length, rowBytes * job.maxHeight),
  });
  const bytes = checkLength(unpacked, length);
  if (isYcbcr) return ycbcrToRgb(bytes, job);
  const isWhole = bits % 8 === 0;
  // Predictor 3 has its own byte order.
  if (bits > 8 && isWhole && !format.littleEndian && predictor !== 3) {
    swapBytes(bytes, bits / 8);
  }
  // Predictors belong to these schemes; elsewhere the tag is ignored, as libtiff does.
  if (predictor > 1 && codec.hasPredictor) {
    undoPredictor(bytes, { predictor, bits, samples, rowBytes });
  }
  if (format.mask) checkMaskSamples(bytes, format);
  return bits === 8 && !format.range ? bytes : expandBits(bytes, {
    bits,
    float,
    range: format.range,
    isIndex: photometric === 3,
    width: width * samples,
    height,
    mask: format.mask,
  });
}

async function unpack(
  data: Uint8Array<ArrayBuffer>,
  { unpack, maxRatio = Infinity }: ByteCodec,
  size: { readonly length: number; readonly most: number },
): Promise<Uint8Array> {
  if (size.length > data.length * maxRatio) {
    throw new SyntaxError(
      `its block has ${data.length} bytes for ${size.length}`,
    );
  }
  return await unpack(data, size);
}

function checkLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes.subarray(0, length);
  throw new SyntaxError(
    `its block ends after ${bytes.length} of ${length} bytes`,
  );
}
