import { cannot, reasonOf } from "../../errors/cannot.ts";
import { type BlockJob, JPEG_LS_BLOCK } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { ycbcrPixelsToRgb } from "./to_rgb.ts";

/** JPEG-LS, lossless or nearly so. */
export const JPEG_LS: PictureCodec = {
  ids: [JPEG_LS_BLOCK],
  name: "JPEG-LS",
  depths: [8],
  decode: decodeJpegLs,
  checkHead(head, job) {
    const header = readJpegLsHeader(head);
    if (header) checkHeader(header, job);
    return header !== undefined;
  },
  isLossy: (data) => (readJpegLsHeader(data)?.near ?? 0) > 0,
};

/** The part of CharLS' WebAssembly build that is used. */
interface CharLs {
  JpegLSDecoder: new () => {
    getEncodedBuffer(length: number): Uint8Array;
    decode(): void;
    getDecodedBuffer(): Uint8Array<ArrayBuffer>;
    delete(): void;
  };
}

let library: Promise<CharLs> | undefined;

/**
 * Decodes a JPEG-LS block to `width * height * samples` bytes: RGB or gray.
 *
 * Source: ITU-T T.87.
 *
 * @throws {SyntaxError} If the stream is damaged, or differs from what the page says.
 */
export async function decodeJpegLs(
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
): Promise<Uint8Array> {
  const header = readJpegLsHeader(data);
  if (!header) throw damaged();
  checkHeader(header, job);
  library ??= loadCharLs();
  const { JpegLSDecoder } = await library.catch((cause) => {
    library = undefined;
    throw cannot(
      "decode a block",
      `the JPEG-LS decoder cannot be loaded: ${reasonOf(cause)}`,
      { kind: Error, cause },
    );
  });
  let bytes: Uint8Array;
  try {
    const decoder = new JpegLSDecoder();
    const encoded = decoder.getEncodedBuffer(data.length + 2);
    encoded.set(data);
    // Without a marker at the end of data that are cut short, CharLS would read on forever.
    encoded.set([0xff, 0xd9], data.length);
    decoder.decode();
    bytes = new Uint8Array(decoder.getDecodedBuffer()); // a copy
    decoder.delete();
  } catch (cause) {
    library = undefined; // After an error, its state is unknown.
    throw damaged(cause);
  }
  const { samples, photometric } = job.format;
  if (bytes.length < header.width * header.height * samples) throw damaged();
  // Scans of one component each come out one after the other.
  const pixels = samples > 1 && header.interleave === 0
    ? interleave(bytes, samples)
    : bytes;
  return photometric === 6 ? ycbcrPixelsToRgb(pixels) : pixels;
}

async function loadCharLs(): Promise<CharLs> {
  const { default: load } = await import("./wasm/charls.js");
  const quiet = (): void => {};
  return await load({ print: quiet, printErr: quiet });
}

/** The headers of a JPEG-LS stream. */
export interface JpegLsHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
  readonly bits: number;
  /** The largest difference from the original. */
  readonly near: number;
  /** 0 a component after the other, 1 a line, 2 a pixel. */
  readonly interleave: number;
}

/**
 * Reads the headers of the frame and of its first scan.
 *
 * @returns `undefined` if more bytes are needed.
 * @throws {SyntaxError} If it is not a JPEG-LS stream.
 */
export function readJpegLsHeader(data: Uint8Array): JpegLsHeader | undefined {
  if (data[0] !== 0xff || data[1] !== 0xd8) throw damaged();
  let frame: Omit<JpegLsHeader, "near" | "interleave"> | undefined;
  for (let at = 2; at + 4 <= data.length;) {
    if (data[at] !== 0xff) throw damaged();
    const marker = data[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = data[at + 2] << 8 | data[at + 3];
    if (length < 2) throw damaged();
    const segment = data.subarray(at + 4, at + 2 + length);
    if (segment.length < length - 2) return undefined;
    if (marker === 0xf7 && segment.length >= 6) {
      if (frame) throw damaged();
      const [bits, h1, h0, w1, w0, components] = segment;
      frame = { width: w1 << 8 | w0, height: h1 << 8 | h0, components, bits };
    }
    if (marker === 0xda) {
      const [parts] = segment;
      const [near, interleave] = segment.subarray(1 + 2 * parts);
      if (!frame || interleave === undefined) throw damaged();
      return { ...frame, near, interleave };
    }
    // Any other frame is of another kind of JPEG.
    if (marker >= 0xc0 && marker <= 0xcf) throw damaged();
    at += 2 + length;
  }
  return undefined;
}

/** The stream determines how much is allocated, so it is compared with the page first. */
function checkHeader(
  { width, height, components, bits }: JpegLsHeader,
  job: Omit<BlockJob, "parts">,
): void {
  const { samples } = job.format;
  const fits = width === job.width && height >= job.height &&
    height <= job.maxHeight && components === samples && bits === 8;
  if (fits) return;
  throw cannot(
    "decode a block",
    `its JPEG-LS data are ${width}×${height}×${components} of ${bits} bits, but the page says ${job.width}×${job.height}×${samples} of 8`,
    { kind: SyntaxError },
  );
}

function interleave(planes: Uint8Array, samples: number): Uint8Array {
  const out = new Uint8Array(planes.length);
  const pixels = planes.length / samples;
  for (let sample = 0; sample < samples; sample++) {
    const from = planes.subarray(sample * pixels);
    for (let i = 0, j = sample; i < pixels; i++, j += samples) out[j] = from[i];
  }
  return out;
}

function damaged(cause?: unknown): Error {
  return cannot("decode a block", "its JPEG-LS data are damaged", {
    kind: SyntaxError,
    cause,
  });
}
