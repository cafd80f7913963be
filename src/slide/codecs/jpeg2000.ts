import { cannot, reasonOf } from "../../errors/cannot.ts";
import { MAX_JPEG2000_TILES } from "../../io/limits.ts";
import { type BlockJob, fitsBlock, widenRows } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { packValues } from "./sample_values.ts";
import { ycbcrPixelsToRgb } from "./to_rgb.ts";

/** JPEG 2000: Aperio's YCbCr and RGB, libvips', and the TIFF registry's. */
export const JPEG_2000: PictureCodec = {
  ids: [33003, 33004, 33005, 34712],
  name: "JPEG 2000",
  depths: [8, 10, 12, 14, 16],
  decode: decodeJpeg2000,
  checkHead(head, job) {
    checkJpeg2000Size(readJpeg2000Size(head), job);
    return true;
  },
  isLossy: isLossyJpeg2000,
};

/** The part of OpenJPEG's WebAssembly build that is used. */
interface OpenJpeg {
  J2KDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8ClampedArray<ArrayBuffer>;
    delete(): void;
  };
}

let library: Promise<OpenJpeg> | undefined;

/**
 * Decodes a JPEG 2000 block to `width * height * samples` bytes: RGB or gray. Aperio's 33003 holds YCbCr, often with
 * fewer chroma samples.
 *
 * Source: ITU-T T.800; Aperio's published notes on SVS.
 *
 * @throws {SyntaxError} If the stream is damaged, or differs from what the page says.
 * @throws {TypeError} If its variant is not supported.
 */
export async function decodeJpeg2000(
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
): Promise<Uint8Array> {
  const size = readJpeg2000Size(data);
  checkJpeg2000Size(size, job);
  library ??= loadOpenJpeg();
  const { J2KDecoder } = await library.catch((cause) => {
    library = undefined;

    throw cannot(
      "decode a block",
      `the JPEG 2000 decoder cannot be loaded: ${reasonOf(cause)}`,
      { kind: Error, cause },
    );
  });
  let bytes: Uint8Array;
  try {
    // After a failure, a decoder returns the previous block without an error, so each block has its own decoder.
    const decoder = new J2KDecoder();
    decoder.getEncodedBuffer(data.length).set(data);
    decoder.decode();
    bytes = new Uint8Array(decoder.getDecodedBuffer().buffer);
    decoder.delete();
  } catch (cause) {
    library = undefined; // After an error, its state is unknown.
    throw cannot("decode a block", "its JPEG 2000 data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
  const isWide = size.bits > 8;
  if (isWide && job.format.sample !== undefined) {
    return packValues(bytes, {
      ...{ bits: 16, float: false, width: bytes.length / 2, height: 1 },
    });
  }
  if (isWide) bytes = highBytes(bytes, size.bits, Boolean(job.format.mask));
  const { compression, photometric, samples } = job.format;
  if (bytes.length < size.width * job.height * samples) {
    throw cannot("decode a block", "its JPEG 2000 data are damaged", {
      kind: SyntaxError,
    });
  }
  bytes = widenRows(bytes, size.width, job);
  // OpenJPEG's build converts YCbCr itself where chroma has fewer samples.
  const isYcbcr = samples === 3 && !size.subsampled &&
    (compression === 33003 || photometric === 6);
  return isYcbcr ? ycbcrPixelsToRgb(bytes) : bytes;
}

async function loadOpenJpeg(): Promise<OpenJpeg> {
  const { default: load } = await import("./wasm/openjpeg.js");
  const quiet = (): void => {};
  return await load({ print: quiet, printErr: quiet });
}

/** The header of a JPEG 2000 codestream. */
export interface Jpeg2000Size {
  width: number;
  height: number;
  components: number;
  bits: number;
  tiles: number;
  subsampled: boolean;
}

/**
 * Reads the SIZ segment, which opens the codestream.
 *
 * @throws {SyntaxError} If there is none.
 */
export function readJpeg2000Size(data: Uint8Array): Jpeg2000Size {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const start = findCodestream(view);
  if (
    start + 4 + 43 > data.length || view.getUint32(start) !== 0xff4fff51
  ) {
    throw cannot("decode a block", "its JPEG 2000 data have no header", {
      kind: SyntaxError,
    });
  }
  const at = (i: number): number => view.getUint32(start + 8 + 4 * i);
  // Right and lower edge, origin of the picture, size of tiles, origin of tiles.
  const [right, bottom, left, top, tileWidth, tileHeight] = [0, 1, 2, 3, 4, 5]
    .map(at);
  const components = view.getUint16(start + 40);
  const isSound = right > left && bottom > top && tileWidth > 0 &&
    tileHeight > 0 && components > 0;
  if (!isSound) throw new SyntaxError("its JPEG 2000 header is damaged");
  const part = (i: number, byte: number): number =>
    data[start + 42 + 3 * i + byte] ?? 0;
  const all = [...Array(Math.min(components, 8)).keys()];
  return {
    width: right - left,
    height: bottom - top,
    components,
    bits: Math.max(...all.map((i) => (part(i, 0) & 127) + 1)),
    tiles: Math.ceil(right / tileWidth) * Math.ceil(bottom / tileHeight),
    subsampled: all.some((i) => part(i, 1) !== 1 || part(i, 2) !== 1),
  };
}

/** Where the codestream lies in a JP2 file; 0 for a bare one. */
function findCodestream(view: DataView): number {
  if (view.byteLength < 12 || view.getUint32(4) !== 0x6a502020) return 0;
  for (let at = 0; at + 8 <= view.byteLength;) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x6a703263) return at + 8;
    if (length < 8) break;
    at += length;
  }
  return 0;
}

/**
 * Compares a codestream's header with the page.
 *
 * @throws {SyntaxError} If they differ.
 * @throws {TypeError} If its variant is not supported.
 */
export function checkJpeg2000Size(
  size: Jpeg2000Size,
  job: Omit<BlockJob, "parts">,
): void {
  const { width, height, format: { samples } } = job;
  if (
    !fitsBlock(size, job) || size.components !== samples ||
    !(size.tiles <= MAX_JPEG2000_TILES)
  ) {
    throw cannot(
      "decode a block",
      `its JPEG 2000 data are ${size.width}×${size.height}×${size.components} in ${size.tiles} tiles, but the page says ${width}×${height}×${samples}`,
      { kind: SyntaxError },
    );
  }
  if (
    (samples !== 1 && samples !== 3) || size.bits > (samples === 1 ? 16 : 8)
  ) {
    throw cannot(
      "decode a block",
      `JPEG 2000 must have 1 sample of up to 16 bits or 3 of up to 8, received ${samples} of ${size.bits}`,
      { kind: TypeError },
    );
  }
}

/** The highest 8 bits of 16-bit words that hold `bits`. */
function highBytes(
  bytes: Uint8Array,
  bits: number,
  mask = false,
): Uint8Array {
  const out = new Uint8Array(bytes.length / 2);
  for (let i = 0; i < out.length; i++) {
    const value = bytes[2 * i] | bytes[2 * i + 1] << 8;
    out[i] = value >> bits - 8 || (mask && value > 0 ? 1 : 0);
  }
  return out;
}

/** Whether the wavelet is the irreversible one. Source: ITU-T T.800, annex A.6.1 (the COD marker). */
function isLossyJpeg2000(data: Uint8Array): boolean {
  for (let at = 0; at + 13 < data.length; at++) {
    if (data[at] === 0xff && data[at + 1] === 0x52 && data[at + 2] === 0) {
      return data[at + 13] === 0;
    }
  }
  return false;
}
