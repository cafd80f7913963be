import { cannot } from "../../errors/cannot.ts";
import { freeArray } from "../../io/free_array.ts";
import { type BlockJob, ZARR } from "./block_job.ts";
import { decodeBlosc } from "./blosc.ts";
import type { ChunkCodec, ChunkFormat } from "./chunk_format.ts";
import type { BlockCodec } from "./codec.ts";
import { checkCrc32c } from "./crc32c.ts";
import { decodeDeflate } from "./deflate.ts";
import { packValues } from "./sample_values.ts";
import { decodeZstd } from "./zstd.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Chunks of Zarr arrays: each part of a block is a chunk, with one or more of the red, green and blue channels. */
export const ZARR_CHUNKS: BlockCodec = {
  ids: [ZARR],
  name: "Zarr chunks",
  depths: [8, 16],
  toRgb: decodeChunks,
};

/** What undoes each codec; it may yield more than `most` bytes, but not much more. */
const UNPACK: Readonly<
  Record<
    ChunkCodec,
    (data: Bytes, most: number) => Uint8Array | Promise<Uint8Array>
  >
> = {
  blosc: decodeBlosc,
  crc32c: (data) => checkCrc32c(data, "chunk"),
  gzip: (data, most) => decodeDeflate(data, most + 1, "gzip"),
  zlib: (data, most) => decodeDeflate(data, most + 1),
  zstd: decodeZstd,
};

/** What compression may add to data that do not compress. */
const OVERHEAD = 1 << 16;

/** The most bytes that an encoded chunk may have: real encoders hardly exceed the samples. */
export function mostEncoded(sampleBytes: number): number {
  return 2 * sampleBytes + OVERHEAD;
}

/**
 * Decodes the chunks of a block to RGB. Channels of chunks that are absent have the array's fill value. 16 bits keep their
 * highest 8, unless a range is given.
 *
 * Source: Zarr 2 and 3; numcodecs.
 *
 * @throws {SyntaxError} If a chunk is damaged, or is not as long as its array says.
 */
async function decodeChunks(job: BlockJob): Promise<Uint8Array> {
  const { format, parts, width, height } = job;
  const { bits, range, chunk } = format;
  if (!chunk) throw cannot("decode a block", "it has no chunks");
  if (format.sample !== undefined) return await decodeValues(job, chunk);
  const rgb = new Uint8Array(width * height * 3);
  const toByte = scaleBy(range ?? [0, 2 ** bits - 1], bits, range);
  for (const [i, part] of parts.entries()) {
    const samples = part && await unpackChunk(part, { chunk, bits });
    for (let channel = 0; channel < chunk.channels; channel++) {
      const to = i * chunk.channels + channel;
      if (to >= 3) break;
      if (!samples) {
        const byte = toByte(chunk.fill);
        for (let j = to; j < rgb.length; j += 3) rgb[j] = byte;
      } else {
        copyChannel(rgb, { to, samples, channel, width, height }, {
          chunk,
          bits,
          toByte: range && toByte,
        });
      }
    }
    if (samples) freeArray(samples);
  }
  return rgb;
}

/** Decodes one channel of a chunk to its values. */
async function decodeValues(
  { format: { bits, sample = 0 }, parts: [part], width, height }: BlockJob,
  chunk: ChunkFormat,
): Promise<Uint8Array> {
  const samples = part && await unpackChunk(part, { chunk, bits });
  const { steps, bigEndian, fill } = chunk;
  const size = bits / 8;
  const view = samples &&
    new DataView(samples.buffer, samples.byteOffset, samples.byteLength);
  // As 16 bits, whatever they were.
  const values = new Uint16Array(width * height).fill(fill);
  for (let y = 0, to = 0; view && y < height; y++) {
    let at = (sample * steps.c + y * steps.y) * size;
    for (let x = 0; x < width; x++, at += steps.x * size) {
      values[to++] = size === 1
        ? view.getUint8(at)
        : view.getUint16(at, !bigEndian);
    }
  }
  if (samples) freeArray(samples);
  return packValues(new Uint8Array(values.buffer), {
    ...{ bits: 16, float: false, width, height },
  });
}

/** Undoes the codecs of a chunk, one after the other. */
async function unpackChunk(
  data: Bytes,
  { chunk, bits }: { readonly chunk: ChunkFormat; readonly bits: number },
): Promise<Uint8Array> {
  const { codecs, samples } = chunk;
  const length = samples * bits / 8;
  let bytes: Uint8Array = data;
  for (const [i, codec] of codecs.entries()) {
    const isLast = i === codecs.length - 1;
    const most = isLast ? length : mostEncoded(length);
    bytes = await UNPACK[codec](bytes as Bytes, most);
  }
  if (bytes.length === length) return bytes;
  throw cannot(
    "decode a block",
    `its chunk has ${
      bytes.length > length ? "more than" : `${bytes.length} of`
    } ${length} bytes`,
    { kind: SyntaxError },
  );
}

/** Copies one channel of a chunk to red, green or blue. */
function copyChannel(
  rgb: Uint8Array,
  { to, samples, channel, width, height }: {
    readonly to: number;
    readonly samples: Uint8Array;
    readonly channel: number;
    readonly width: number;
    readonly height: number;
  },
  { chunk: { steps, bigEndian }, bits, toByte }: {
    readonly chunk: ChunkFormat;
    readonly bits: number;
    readonly toByte?: (sample: number) => number;
  },
): void {
  const size = bits / 8;
  const high = bigEndian ? 0 : size - 1;
  const low = size - 1 - high;
  const step = steps.x * size;
  for (let y = 0, out = to; y < height; y++) {
    let at = (channel * steps.c + y * steps.y) * size;
    if (toByte) {
      for (let x = 0; x < width; x++, at += step, out += 3) {
        rgb[out] = toByte(samples[at + high] * 256 + samples[at + low]);
      }
    } else {
      at += high;
      for (let x = 0; x < width; x++, at += step, out += 3) {
        rgb[out] = samples[at];
      }
    }
  }
}

/** Scales samples to bytes as `expandBits()` does: those of a range, else their highest 8 bits. */
function scaleBy(
  [min, max]: readonly [min: number, max: number],
  bits: number,
  range: readonly [min: number, max: number] | undefined,
): (sample: number) => number {
  if (!range) return (sample) => sample >> bits - 8;
  const byte = new Uint8ClampedArray(1);
  return (sample) => {
    byte[0] = (sample - min) * (255 / (max - min));
    return byte[0];
  };
}
