import { cannot } from "../../../errors/cannot.ts";
import type { ByteRange, ByteSource } from "../../byte_source.ts";

/** Bytes to search at a time. */
const CHUNK = 1 << 22;

const [FIRST_RESTART, LAST_RESTART, END] = [0xd0, 0xd7, 0xd9];

/** The marker that ends an interval: they count from 0 to 7 again and again. */
export function restartMarker(interval: number): number {
  return FIRST_RESTART + interval % 8;
}

/**
 * Searches the coded data of a JPEG for restart markers: in coded data, 255 is followed by 0 unless it begins a marker.
 *
 * Source: ITU-T T.81, B.1.1.
 *
 * @param range.offset Where the JPEG begins in the file.
 * @param options.dataAt Where its coded data begin.
 * @param options.count Intervals that it must have.
 * @returns Where each interval begins in the JPEG.
 * @throws {SyntaxError} If it has more or fewer, or a marker is not the next.
 */
export async function findRestarts(
  source: ByteSource,
  { offset, length }: ByteRange,
  { dataAt, count }: { readonly dataAt: number; readonly count: number },
): Promise<Float64Array> {
  const starts = new Float64Array(count);
  starts[0] = dataAt;
  let found = 1;
  // Each chunk begins with the last byte of the one before: a marker may lie across.
  for (let at = dataAt; at + 1 < length; at += CHUNK - 1) {
    const bytes = await source.read(
      offset + at,
      Math.min(CHUNK, length - at),
    );
    const last = bytes.length - 1;
    for (
      let i = bytes.indexOf(0xff);
      i >= 0 && i < last;
      i = bytes.indexOf(0xff, i + 1)
    ) {
      const marker = bytes[i + 1];
      if (marker === END) return checkCount(starts, found);
      if (marker < FIRST_RESTART || marker > LAST_RESTART) continue;
      if (marker !== restartMarker(found - 1)) {
        throw damaged(`restart marker ${found - 1} is not the next`);
      }
      if (found === count) throw damaged(`it has more than ${count} intervals`);
      starts[found++] = at + i + 2;
    }
  }
  return checkCount(starts, found);
}

function checkCount(starts: Float64Array, found: number): Float64Array {
  if (found === starts.length) return starts;
  throw damaged(`it has ${found} of ${starts.length} restart intervals`);
}

function damaged(why: string): Error {
  return cannot("read a JPEG", `its JPEG data are damaged: ${why}`, {
    kind: SyntaxError,
  });
}
