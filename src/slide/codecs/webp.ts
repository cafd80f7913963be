import { cannot, reasonOf } from "../../errors/cannot.ts";
import { type BlockJob, fitsBlock, widenRows } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { decodeNatively, fromRgba } from "./decode_natively.ts";

/** WebP. */
export const WEBP: PictureCodec = {
  ids: [50001],
  name: "WebP",
  depths: [8],
  decode: decodeWebp,
  checkHead(head, job) {
    checkWebpSize(head, job);
    return true;
  },
  isLossy: (data) => chunksOf(data).includes("VP8 "),
};

/** The part of libwebp's WebAssembly build that is used. */
interface WebpDecoder {
  decode(data: Uint8Array): { readonly data: Uint8ClampedArray } | null;
}

let decoder: Promise<WebpDecoder> | undefined;

/**
 * Decodes a WebP block to `width * height * samples` bytes: RGB, or RGBA if there are four samples.
 *
 * Source: RFC 9649.
 *
 * @throws {SyntaxError} If the data are damaged, or differ from what the page says.
 */
export async function decodeWebp(
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
): Promise<Uint8Array> {
  const size = checkWebpSize(data, job);
  const bytes = fromRgba(await decodeRgba(data), job.format.samples);
  return widenRows(bytes, size.width, job);
}

async function decodeRgba(
  data: Uint8Array<ArrayBuffer>,
): Promise<ArrayLike<number>> {
  decoder ??= loadWebp();
  let webp: WebpDecoder;
  try {
    webp = await decoder;
  } catch (cause) {
    const rgba = await decodeNatively([data], "image/webp");
    if (rgba) return rgba;
    decoder = undefined;

    throw cannot(
      "decode a block",
      `the WebP decoder cannot be loaded: ${reasonOf(cause)}`,
      { kind: Error, cause },
    );
  }
  try {
    const picture = webp.decode(data);
    if (picture) return picture.data;
  } catch (cause) {
    decoder = undefined; // After an error, its state is unknown.
    throw cannot("decode a block", "its WebP data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
  throw cannot("decode a block", "its WebP data are damaged", {
    kind: SyntaxError,
  });
}

async function loadWebp(): Promise<WebpDecoder> {
  const { default: load } = await import("./wasm/libwebp.js");
  const quiet = (): void => {};
  return await load({ noInitialRun: true, print: quiet, printErr: quiet });
}

/**
 * Compares the header of WebP data with the page.
 *
 * @returns their size.
 * @throws {SyntaxError} If they differ.
 */
export function checkWebpSize(
  data: Uint8Array,
  job: Omit<BlockJob, "parts">,
): { width: number; height: number } {
  const size = readSize(data);
  if (fitsBlock(size, job)) return size;
  throw cannot(
    "decode a block",
    `its WebP data are ${size.width}×${size.height}, but the page says ${job.width}×${job.height}`,
    { kind: SyntaxError },
  );
}

/** The picture's size, from the first chunk of its file. */
function readSize(data: Uint8Array): { width: number; height: number } {
  const text = (at: number): string =>
    String.fromCharCode(...data.subarray(at, at + 4));
  if (data.length < 30 || text(0) !== "RIFF" || text(8) !== "WEBP") {
    throw cannot("decode a block", "its WebP data have no header", {
      kind: SyntaxError,
    });
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (text(12)) {
    case "VP8 ":
      return {
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: (bits >> 14 & 0x3fff) + 1 };
    }
    default:
      return {
        width: (view.getUint32(24, true) & 0xffffff) + 1,
        height: (view.getUint32(26, true) >>> 8) + 1,
      };
  }
}

/** The names of a file's chunks: `VP8 ` is the lossy one. Source: RFC 9649, section 2.5. */
function chunksOf(data: Uint8Array): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const chunks: string[] = [];
  for (let at = 12; at + 8 <= data.length;) {
    chunks.push(String.fromCharCode(...data.subarray(at, at + 4)));
    const length = view.getUint32(at + 4, true);
    at += 8 + length + length % 2;
  }
  return chunks;
}
