import { cannot } from "../../errors/cannot.ts";
import { MAX_LZW_RATIO } from "../../io/limits.ts";
import type { ByteCodec } from "./codec.ts";

/** TIFF's LZW. */
export const LZW: ByteCodec = {
  ids: [5],
  name: "LZW",
  hasPredictor: true,
  maxRatio: MAX_LZW_RATIO,
  unpack: (data, { length }) => decodeLzw(data, length),
};

const CLEAR = 256;
const END = 257;
const FIRST = 258;
const MAX_BITS = 12;

/**
 * Decodes TIFF's LZW (most significant bit first, codes widened one early) into at most `length` bytes; fewer if the
 * data end early. geotiff's own decoder has no limit and is several times slower.
 *
 * Source: TIFF 6.0, section 13.
 *
 * @throws {SyntaxError} If a code is not defined yet.
 */
export function decodeLzw(data: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  const prefixes = new Uint16Array(1 << MAX_BITS);
  const suffixes = new Uint8Array(1 << MAX_BITS);
  const lengths = new Uint16Array(1 << MAX_BITS);
  for (let code = 0; code < CLEAR; code++) {
    suffixes[code] = code;
    lengths[code] = 1;
  }
  let next = FIRST;
  let width = 9;
  let buffer = 0;
  let held = 0;
  let previous = -1;
  let end = 0;
  for (let at = 0; end < length;) {
    while (held < width && at < data.length) {
      buffer = ((buffer << 8) | data[at++]) & 0xffffff;
      held += 8;
    }
    if (held < width) break;
    held -= width;
    const code = (buffer >>> held) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      next = FIRST;
      width = 9;
      previous = -1;
      continue;
    }
    if (code > next || (previous < 0 && code > CLEAR)) {
      throw cannot(
        "decode a block",
        `its LZW code ${code} is not defined yet`,
        {
          kind: SyntaxError,
        },
      );
    }
    // The code just being defined is the previous string and its own first byte.
    const known = code < next ? code : previous;
    const start = end;
    end += lengths[known];
    for (
      let i = end - 1, link = known;
      i >= start;
      i--, link = prefixes[link]
    ) {
      out[i] = suffixes[link]; // Writes past the end are dropped.
    }
    if (code === next) out[end++] = out[start];
    if (previous >= 0 && next < 1 << MAX_BITS) {
      prefixes[next] = previous;
      suffixes[next] = firstByte(known, prefixes);
      lengths[next] = lengths[previous] + 1;
      next++;
      if (next + 1 >= 1 << width && width < MAX_BITS) width++;
    }
    previous = code;
  }
  return end < length ? out.subarray(0, end) : out;
}

function firstByte(code: number, prefixes: Uint16Array): number {
  while (code >= FIRST) code = prefixes[code];
  return code;
}
