import type { ByteRange, ByteSource } from "../../byte_source.ts";

/** One read spans at most this many bytes, unless a range alone is longer. */
const MAX_SPAN = 1 << 22;

/** Joins ranges to fewer, in the order of the file: those less than `gap` bytes apart. */
export function mergeRanges(
  ranges: readonly ByteRange[],
  gap: number,
): ByteRange[] {
  const merged: { offset: number; length: number }[] = [];
  for (const range of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const span = merged.at(-1);
    const end = range.offset + range.length;
    const isNear = span && range.offset - (span.offset + span.length) <= gap &&
      end - span.offset <= MAX_SPAN;
    if (isNear) span.length = Math.max(span.length, end - span.offset);
    else merged.push({ ...range });
  }
  return merged;
}

/** Reads ranges of a file, those less than `gap` bytes apart together. */
export async function readRanges(
  source: ByteSource,
  ranges: readonly ByteRange[],
  gap: number,
): Promise<Uint8Array[]> {
  const spans = mergeRanges(ranges, gap);
  const read = await Promise.all(
    spans.map(({ offset, length }) => source.read(offset, length)),
  );
  return ranges.map(({ offset, length }) => {
    const i = spans.findIndex((span) =>
      offset >= span.offset && offset + length <= span.offset + span.length
    );
    const from = offset - spans[i].offset;
    return read[i].subarray(from, from + length);
  });
}
