import { cannot } from "../../errors/cannot.ts";
import { MAX_RLE_RATIO } from "../../io/limits.ts";
import { RLE_BLOCK } from "./block_job.ts";
import type { ByteCodec } from "./codec.ts";
import { decodePackBits } from "./pack_bits.ts";

/** A count of segments, and the offsets of at most 15. */
const HEADER_BYTES = 64;
const MOST_SEGMENTS = 15;

/** DICOM's run lengths: a segment for each byte of a pixel. */
export const RLE: ByteCodec = {
  ids: [RLE_BLOCK],
  name: "DICOM RLE",
  depths: [8],
  maxRatio: MAX_RLE_RATIO,
  unpack: (data, { length, planes }) => decodeRle(data, { length, planes }),
};

/**
 * Decodes a frame of run lengths to `length` bytes, a pixel after the other.
 *
 * Source: DICOM PS3.5, annex G.
 *
 * @param options.planes Bytes of a pixel, each of which has a segment.
 * @throws {SyntaxError} If its segments are not those of such pixels, or end early.
 */
export function decodeRle(
  data: Uint8Array,
  { length, planes }: { readonly length: number; readonly planes: number },
): Uint8Array {
  const offsets = readOffsets(data, planes);
  const out = new Uint8Array(length);
  const pixels = length / planes;
  for (const [plane, start] of offsets.entries()) {
    const end = offsets[plane + 1] ?? data.length;
    const bytes = decodePackBits(data.subarray(start, end), pixels);
    if (bytes.length < pixels) {
      throw damaged(`segment ${plane} has ${bytes.length} of ${pixels} bytes`);
    }
    for (let i = 0, j = plane; i < pixels; i++, j += planes) out[j] = bytes[i];
  }
  return out;
}

function readOffsets(data: Uint8Array, planes: number): number[] {
  if (data.length < HEADER_BYTES) throw damaged("they have no header");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = view.getUint32(0, true);
  if (count !== planes || count > MOST_SEGMENTS) {
    throw damaged(`they have ${count} segments, not ${planes}`);
  }
  const offsets = Array.from(
    { length: count },
    (_, i) => view.getUint32(4 + 4 * i, true),
  );
  const rises = offsets.every((offset, i) =>
    offset >= (offsets[i - 1] ?? HEADER_BYTES) && offset <= data.length
  );
  if (!rises) throw damaged("their segments lie outside of them");
  return offsets;
}

function damaged(why: string): Error {
  return cannot("decode a block", `its run lengths are damaged: ${why}`, {
    kind: SyntaxError,
  });
}
