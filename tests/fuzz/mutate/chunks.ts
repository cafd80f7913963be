import { crc32 } from "node:zlib";
import type { Mutate } from "../reader.ts";
import { damageBytes, oddNumber, replaceRange } from "./bytes.ts";

interface Chunk {
  readonly from: number;
  readonly to: number;
  /** Where its length is, and its contents. */
  readonly length: number;
  readonly contents: number;
}

/** Changes chunks of a PNG: their lengths, types, order and contents, with checksums that are right for the most part. */
export const mutatePng: Mutate = (input, dice) => {
  const chunks: Chunk[] = [];
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  for (let at = 8; at + 12 <= input.length;) {
    const to = at + 12 + view.getUint32(at);
    if (to > input.length) break;
    chunks.push({ from: at, to, length: at, contents: at + 8 });
    at = to;
  }
  if (chunks.length === 0) return damageBytes(input, dice);
  const { from, to } = dice.pick(chunks);
  const copy = input.slice();
  const out = new DataView(copy.buffer);
  const kind = dice.roll(6);
  if (kind === 0) {
    out.setUint32(from, oddNumber(dice));
    return copy;
  }
  if (kind === 1) return replaceRange(input, [from, to], new Uint8Array());
  if (kind === 2) {
    return replaceRange(input, [to, to], input.subarray(from, to));
  }
  if (kind === 3) { // of another type
    const types = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND", "iCCP", "acTL"];
    copy.set(new TextEncoder().encode(dice.pick(types)), from + 4);
  } else if (to - from > 12) { // other contents
    const place = from + 8 + dice.roll(Math.min(to - from - 12, 64));
    copy[place] = oddNumber(dice);
    if (place + 4 < to - 4 && dice.once(2)) {
      out.setUint32(place, oddNumber(dice));
    }
  }
  out.setUint32(to - 4, crc32(copy.subarray(from + 4, to - 4)));
  return copy;
};

/** Changes segments of a JPEG: their lengths, markers, order and contents. */
export const mutateJpeg: Mutate = (input, dice) => {
  const segments: Chunk[] = [];
  for (let at = 2; at + 4 <= input.length && input[at] === 0xff;) {
    const to = at + 2 + (input[at + 2] << 8 | input[at + 3]);
    if (to > input.length) break;
    segments.push({ from: at, to, length: at + 2, contents: at + 4 });
    if (input[at + 1] === 0xda) break;
    at = to;
  }
  if (segments.length === 0) return damageBytes(input, dice);
  const { from, to, contents } = dice.pick(segments);
  const copy = input.slice();
  switch (dice.roll(6)) {
    case 0:
      new DataView(copy.buffer).setUint16(from + 2, oddNumber(dice) & 0xffff);
      return copy;
    case 1:
      return replaceRange(input, [from, to], new Uint8Array());
    case 2: {
      const other = dice.pick(segments);
      return replaceRange(
        input,
        [to, to],
        input.subarray(other.from, other.to),
      );
    }
    case 3:
      copy[from + 1] = 0xc0 + dice.roll(64);
      return copy;
    default:
      if (to > contents) {
        copy[contents + dice.roll(Math.min(24, to - contents))] = oddNumber(
          dice,
        );
      }
      return copy;
  }
};
