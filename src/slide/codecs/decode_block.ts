import { cannot } from "../../errors/cannot.ts";
import { freeArray } from "../../io/free_array.ts";
import type { BlockFormat, BlockJob } from "./block_job.ts";
import type { ByteCodec, PictureCodec } from "./codec.ts";
import { codecOf } from "./codecs.ts";
import { expandBits } from "./expand_bits.ts";
import { reduceBlock } from "./reduce_block.ts";
import { packValues, pickSample } from "./sample_values.ts";
import { checkMaskSamples, toClasses, toMask } from "./to_mask.ts";
import { toRgb, ycbcrBytes, ycbcrToRgb } from "./to_rgb.ts";
import { reverseBits, swapBytes, undoPredictor } from "./undo_predictor.ts";

/**
 * Decodes a block to RGB, 3 bytes per pixel: unpacks it, undoes its predictor, and converts its samples to bytes and
 * the bytes to colors. The job's parts are consumed and must not be read again.
 *
 * @throws {SyntaxError} If the data are damaged.
 */
export async function decodeBlock(job: BlockJob): Promise<Uint8Array> {
  const { format, parts, width, height, into } = job;
  if (format.reduce) return await reduceBlock(job, decodeBlock);
  const pixels = width * height;
  const isValues = format.sample !== undefined;
  const codec = codecOf(format.compression)!; // pages without a codec are refused on opening
  if ("toRgb" in codec) return await codec.toRgb(job);
  if (parts.every((part) => part === undefined)) {
    // Scanners leave out blocks of bare glass.
    return new Uint8Array(pixels * 3).fill(format.mask || isValues ? 0 : 255);
  }
  const white = format.photometric === 0 || format.photometric === 5 ? 0 : 255;
  const empty = format.mask ? 255 - white : white;
  const samples: Uint8Array[] = [];
  for (const part of parts) {
    samples.push(
      part
        ? await decodePart(part, { job, codec })
        : new Uint8Array(pixels * format.samples).fill(empty),
    );
  }
  if (isValues) {
    const { sample, samples: all } = format;
    return pickSample(samples[0], { sample: sample!, samples: all });
  }
  const convert = format.mask === "classes"
    ? toClasses
    : format.mask
    ? toMask
    : toRgb;
  const rgb = convert(samples, format);
  for (const array of [...parts, ...samples, into]) {
    if (array && array.buffer !== rgb.buffer) freeArray(array);
  }
  return rgb;
}

/** Whether a block's bytes are nearly its RGB, so that a thread would cost more than it saves. */
export function isRaw(
  { compression, bits, photometric, reduce }: BlockFormat,
): boolean {
  return compression === 1 && bits === 8 && photometric !== 6 && !reduce;
}

/** Decodes one part to one byte per sample. */
async function decodePart(
  data: Uint8Array<ArrayBuffer>,
  { job, codec }: {
    readonly job: BlockJob;
    readonly codec: ByteCodec | PictureCodec;
  },
): Promise<Uint8Array> {
  const { format, width, height } = job;
  const { bits, samples, float, photometric, predictor } = format;
  if ("decode" in codec) {
    if (format.mask && codec.isLossy?.(data)) {
      throw cannot(
        "decode a block",
        "its compression is lossy, which blurs a mask: save it with lossless compression",
        { kind: TypeError },
      );
    }
    const count = width * height * samples;
    const decoded = await codec.decode(data, job);
    // Codecs of deeper samples keep the values themselves.
    if (format.sample === undefined || bits > 8) {
      return checkLength(
        decoded,
        format.sample === undefined ? count : count * 3,
      );
    }
    return packValues(checkLength(decoded, count), {
      ...{ bits: 8, float: false, width: count, height: 1 },
    });
  }
  const packed = format.reversedBits ? reverseBits(data) : data;
  const isYcbcr = photometric === 6;
  const rowBytes = Math.ceil(width * samples * bits / 8);
  const length = isYcbcr ? ycbcrBytes(job) : rowBytes * height;
  const unpacked = await unpack(packed, codec, {
    length,
    // The last rows may be encoded though they lie below the picture.
    most: Math.max(length, rowBytes * job.maxHeight),
    planes: Math.ceil(samples * bits / 8),
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
  if (format.sample !== undefined) {
    const { signed } = format;
    const size = { width: width * samples, height };
    return packValues(bytes, { bits, float, signed, ...size });
  }
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
  size: Parameters<ByteCodec["unpack"]>[1],
): Promise<Uint8Array> {
  if (size.length > data.length * maxRatio) {
    throw cannot(
      "decode a block",
      `its block is too short: ${data.length} bytes for ${size.length}`,
      { kind: SyntaxError },
    );
  }
  return await unpack(data, size);
}

function checkLength(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes.subarray(0, length);
  throw cannot(
    "decode a block",
    `its block ends after ${bytes.length} of ${length} bytes`,
    { kind: SyntaxError },
  );
}
