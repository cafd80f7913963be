import { cannot } from "../../errors/cannot.ts";
import type { ZSTDDecoder } from "zstddec";
import type { ByteCodec } from "./codec.ts";

/** Zstandard. */
export const ZSTD: ByteCodec = {
  ids: [50000],
  name: "zstd",
  hasPredictor: true,
  unpack: (data, { most }) => decodeZstd(data, most),
};

let decoder: Promise<ZSTDDecoder> | undefined;

/**
 * Decodes a Zstandard frame of at most `most` bytes: a larger one is rejected before it is written.
 *
 * Source: RFC 8878.
 *
 * @throws {SyntaxError} If the data are damaged.
 */
export async function decodeZstd(
  data: Uint8Array,
  most: number,
): Promise<Uint8Array> {
  const claimed = contentSize(data);
  if (claimed !== undefined && !(claimed <= most)) {
    throw cannot(
      "decode a block",
      `its zstd data claim ${claimed} bytes, more than ${most}`,
      { kind: SyntaxError },
    );
  }
  decoder ??= loadZstd();
  const zstd = await decoder;
  const bytes = zstd.decode(data, claimed || most);
  // The library takes libzstd's error codes as sizes, which yields no bytes.
  if (bytes.length === 0) {
    throw cannot("decode a block", "its zstd data are damaged", {
      kind: SyntaxError,
    });
  }
  return bytes;
}

/** The frame's declared content size, or `undefined`. */
function contentSize(data: Uint8Array): number | undefined {
  const descriptor = data[4] ?? 0;
  const isSingle = (descriptor >> 5 & 1) === 1;
  const bytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6];
  if (bytes === 0) return undefined;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3];
  let size = bytes === 2 ? 256 : 0;
  for (let i = 0; i < bytes; i++) size += (data[at + i] ?? 0) * 256 ** i;
  return size;
}

async function loadZstd(): Promise<ZSTDDecoder> {
  const { ZSTDDecoder } = await import("zstddec");
  const zstd = new ZSTDDecoder();
  await zstd.init();
  return zstd;
}
