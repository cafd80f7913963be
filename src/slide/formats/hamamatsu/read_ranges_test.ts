import { assertEquals } from "@std/assert";
import { blobSource } from "../../byte_source.ts";
import { mergeRanges, readRanges } from "./read_ranges.ts";

Deno.test("mergeRanges() joins ranges that are near, up to a span", () => {
  const range = (offset: number, length: number) => ({ offset, length });
  assertEquals(
    mergeRanges([range(30, 5), range(0, 10), range(14, 6), range(15, 2)], 4),
    [range(0, 20), range(30, 5)],
  );
  const half = 2 ** 21;
  assertEquals(
    mergeRanges([range(0, half), range(half, half), range(2 * half, 1)], 4),
    [range(0, 2 * half), range(2 * half, 1)],
  );
  // One that is longer by itself.
  assertEquals(mergeRanges([range(0, 5 * half)], 0), [range(0, 5 * half)]);
});

Deno.test("readRanges() gives each range its bytes, in the given order", async () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
  const source = blobSource(new Blob([bytes]));
  const reads: number[] = [];
  const counted = {
    ...source,
    read(offset: number, length: number) {
      reads.push(offset);
      return source.read(offset, length);
    },
  };
  const ranges = [[90, 3], [4, 2], [6, 2], [5, 2]]
    .map(([offset, length]) => ({ offset, length }));
  const found = await readRanges(counted, ranges, 4);
  assertEquals(found.map((part) => [...part]), [
    [90, 91, 92],
    [4, 5],
    [6, 7],
    [5, 6],
  ]);
  assertEquals(reads, [4, 90]);
});
