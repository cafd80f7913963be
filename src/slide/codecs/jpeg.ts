import { cannot, reasonOf } from "../../errors/cannot.ts";
import { MAX_JPEG_SCANS } from "../../io/limits.ts";
import { type BlockJob, fitsBlock, widenRows } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { decodeNatively, fromRgba } from "./decode_natively.ts";
import {
  countScans,
  hasSecondFrame,
  type JpegStream,
  readJpegStream,
} from "./jpeg_stream.ts";
import { ycbcrPixelsToRgb } from "./to_rgb.ts";

/** How a four-color JPEG stores its inks. */
export interface CmykOptions {
  /** Whether cyan, magenta and yellow are stored as YCbCr of their complements (YCCK). */
  readonly transform: boolean;
  /** Whether 255 is no ink, as Adobe's programs write it. */
  readonly inverted: boolean;
}

/** Decodes a four-color JPEG stream, in parts, to CMYK: libjpeg-turbo's build makes RGB only. */
export async function decodeJpegCmyk(
  parts: readonly Uint8Array[],
  { transform, inverted }: CmykOptions,
): Promise<Uint8Array> {
  const { getDecoder } = await import("geotiff");
  const stream = await new Blob(parts as Uint8Array<ArrayBuffer>[])
    .arrayBuffer();
  let inks: Uint8Array;
  try {
    const jpeg = await getDecoder(7, {
      tileWidth: 0,
      tileHeight: 0,
      planarConfiguration: 1,
      bitsPerSample: [8, 8, 8, 8],
      predictor: 1,
    });
    inks = new Uint8Array(await jpeg.decodeBlock(stream) as ArrayBuffer);
  } catch (cause) {
    throw cannot("decode a block", "its JPEG data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
  if (transform) untransform(inks);
  if (inverted) inks.forEach((ink, i) => inks[i] = 255 - ink);
  return inks;
}

/** YCCK is YCbCr of the complements of cyan, magenta and yellow; the black ink is stored as it is. */
function untransform(inks: Uint8Array): void {
  const pixel = new Uint8Array(3);
  for (let i = 0; i < inks.length; i += 4) {
    pixel.set(inks.subarray(i, i + 3));
    ycbcrPixelsToRgb(pixel);
    for (let c = 0; c < 3; c++) inks[i + c] = 255 - pixel[c];
  }
}

/** JPEG, with the page's tables or its own. */
export const JPEG: PictureCodec = {
  ids: [7],
  name: "JPEG",
  depths: [8],
  decode: decodeJpeg,
  checkHead(head, job) {
    const stream = readJpegStream(head);
    if (stream.frame) checkJpegFrame(stream, job);
    return stream.frame !== undefined;
  },
};

/** The part of libjpeg-turbo's WebAssembly build that is used. */
interface TurboDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  /** A view of its memory, which the next block overwrites. */
  getDecodedBuffer(): Uint8Array<ArrayBuffer>;
}

let decoder: Promise<TurboDecoder> | undefined;

/**
 * Decodes a JPEG block of a TIFF, or a JPEG file, to `width * height * samples` bytes: RGB, gray or CMYK.
 *
 * Source: TIFF technical note 2 (JPEG in TIFF); ITU-T T.81.
 *
 * @throws {SyntaxError} If the stream is damaged, or differs from what the page says.
 */
export async function decodeJpeg(
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
): Promise<Uint8Array> {
  const stream = readJpegStream(data);
  checkJpegFrame(stream, job);
  if (stream.frame?.isProgressive && countScans(data) > MAX_JPEG_SCANS) {
    throw cannot(
      "decode a block",
      `its JPEG data have more than ${MAX_JPEG_SCANS} scans`,
      { kind: SyntaxError },
    );
  }
  const tables = job.format.jpegTables;
  const joined = join(stream, tables && readJpegStream(tables), job);
  if (job.format.samples === 4) {
    if (hasSecondFrame(stream)) {
      throw new SyntaxError("its JPEG data are damaged");
    }
    const bytes = await decodeJpegCmyk(joined, {
      transform: stream.adobe === 2,
      inverted: job.format.invertedInks ?? false,
    });
    return widenRows(bytes, stream.frame!.width, job);
  }
  decoder ??= loadTurbo();
  let turbo: TurboDecoder;
  try {
    turbo = await decoder;
  } catch (cause) {
    const rgba = await decodeNatively(joined, "image/jpeg");
    if (rgba) {
      const bytes = fromRgba(rgba, job.format.samples);
      return widenRows(bytes, stream.frame!.width, job);
    }
    decoder = undefined;

    throw cannot(
      "decode a block",
      `the JPEG decoder cannot be loaded: ${reasonOf(cause)}`,
      { kind: Error, cause },
    );
  }
  const length = joined.reduce((sum, part) => sum + part.length, 0);
  try {
    const encoded = turbo.getEncodedBuffer(length);
    let end = 0;
    for (const part of joined) {
      encoded.set(part, end);
      end += part.length;
    }
    turbo.decode();
    const bytes = turbo.getDecodedBuffer();
    const { width } = stream.frame!;
    return width === job.width
      ? keep(bytes, job)
      : widenRows(bytes, width, job);
  } catch (cause) {
    decoder = undefined; // After an error, its state is unknown.
    throw cannot("decode a block", "its JPEG data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
}

/** Copies what the decoder will overwrite. */
function keep(bytes: Uint8Array, { into }: BlockJob): Uint8Array {
  if (into?.length !== bytes.length) return bytes.slice();
  into.set(bytes);
  return into;
}

async function loadTurbo(): Promise<TurboDecoder> {
  // Loaded on the first JPEG only.
  const { default: load } = await import("./wasm/libjpeg_turbo.js");
  const quiet = (): void => {};
  const module = await load({ print: quiet, printErr: quiet });
  return new module.JPEGDecoder();
}

/**
 * The parts of one whole stream: tables, then data. Application segments are replaced by an Adobe segment, because the
 * page's photometric tag defines whether samples are RGB or YCbCr, and libjpeg would guess.
 */
function join(
  stream: JpegStream,
  tables: JpegStream | undefined,
  { format }: BlockJob,
): Uint8Array[] {
  const transform = format.photometric === 6 ? 1 : 0;
  // Length, "Adobe", version 100, no flags, the transform.
  const adobe = [0, 14, 65, 100, 111, 98, 101, 0, 100, 0, 0, 0, 0, transform];
  return [
    Uint8Array.of(
      0xff,
      0xd8,
      ...(format.samples === 3 ? [0xff, 0xee, ...adobe] : []),
    ),
    ...tables?.parts ?? [],
    ...stream.parts,
  ];
}

/** The stream determines how much is allocated, so it is compared with the page first. */
export function checkJpegFrame(
  { frame }: JpegStream,
  job: Omit<BlockJob, "parts">,
): void {
  const { samples } = job.format;
  if (!frame) {
    throw cannot("decode a block", "its JPEG data have no header", {
      kind: SyntaxError,
    });
  }
  if (fitsBlock(frame, job) && frame.components === samples) return;
  throw cannot(
    "decode a block",
    `its JPEG data are ${frame.width}×${frame.height}×${frame.components}, but the page says ${job.width}×${job.height}×${samples}`,
    { kind: SyntaxError },
  );
}
