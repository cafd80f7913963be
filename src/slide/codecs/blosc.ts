import { cannot } from "../../errors/cannot.ts";

/** The part of Blosc's WebAssembly build that is used. */
interface Blosc {
  /** A view of its memory, which the next call ends. */
  decompress(data: Uint8Array): Uint8Array;
  free_result(): void;
}

let library: Promise<Blosc> | undefined;

/** Bytes of a Blosc header. */
const HEADER = 16;

/**
 * Decodes a Blosc frame of at most `most` bytes: blosclz, lz4, lz4hc, snappy, zlib or zstd, with or without its shuffles.
 *
 * Source: c-blosc, README_CHUNK_FORMAT.
 *
 * @throws {SyntaxError} If the data are damaged, or claim more.
 */
export async function decodeBlosc(
  data: Uint8Array,
  most: number,
): Promise<Uint8Array> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  // Uncompressed and compressed bytes, the header among the latter.
  const [claimed, length] = data.length < HEADER
    ? [0, 0]
    : [view.getUint32(4, true), view.getUint32(12, true)];
  if (length < HEADER || length > data.length || data[0] > 2) {
    throw cannot("decode a block", "its Blosc data are damaged or cut short", {
      kind: SyntaxError,
    });
  }
  if (claimed > most) {
    throw cannot(
      "decode a block",
      `its Blosc data claim ${claimed} bytes, more than ${most}`,
      { kind: SyntaxError },
    );
  }
  library ??= loadBlosc();
  try {
    const blosc = await library;
    const bytes = blosc.decompress(data).slice();
    blosc.free_result();
    if (bytes.length === claimed) return bytes;
    throw new SyntaxError(`${bytes.length} of ${claimed} bytes`);
  } catch (cause) {
    library = undefined; // After an error, its state is unknown.
    throw cannot("decode a block", "its Blosc data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
}

async function loadBlosc(): Promise<Blosc> {
  const { default: load } = await import("./wasm/blosc.js");
  const quiet = (): void => {};
  return await load({ noInitialRun: true, print: quiet, printErr: quiet });
}
