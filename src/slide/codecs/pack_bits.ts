import type { ByteCodec } from "./codec.ts";
import { MAX_PACKBITS_RATIO } from "../../io/limits.ts";

/** Run lengths of bytes. */
export const PACK_BITS: ByteCodec = {
  ids: [32773],
  name: "PackBits",
  maxRatio: MAX_PACKBITS_RATIO,
  unpack: (data, { length }) => decodePackBits(data, length),
};

/**
 * Decodes PackBits run lengths into at most `length` bytes; fewer if the data end early.
 *
 * Source: TIFF 6.0, section 9.
 */
export function decodePackBits(data: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let end = 0;
  for (let at = 0; at < data.length && end < length;) {
    const header = data[at++];
    if (header < 128) {
      const literal = data.subarray(
        at,
        Math.min(at + header + 1, at + length - end),
      );
      out.set(literal, end);
      end += literal.length;
      at += header + 1;
    } else if (header > 128 && at < data.length) {
      out.fill(data[at++], end, end + 257 - header);
      end += 257 - header;
    }
  }
  return end < length ? out.subarray(0, end) : out;
}
