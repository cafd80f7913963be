import { assertEquals } from "@std/assert";
import type { BlockFormat, BlockJob } from "./block_job.ts";
import { ycbcrBytes, ycbcrToRgb } from "./to_rgb.ts";

function job(
  subsampling: [number, number],
  width: number,
  height: number,
): BlockJob {
  const format = { subsampling } as unknown as BlockFormat;
  return { format, parts: [], width, height, maxHeight: height };
}

Deno.test("ycbcrToRgb() gives the pixels of a unit its chroma, and drops what lies outside", () => {
  // 3×1 pixels in units of 2×2: the second unit's right half and both lower halves are padding.
  const block = job([2, 2], 3, 1);
  assertEquals(ycbcrBytes(block), 12);
  const gray = [10, 20, 0, 0, 128, 128];
  const red = [76, 0, 0, 0, 85, 255];
  assertEquals(
    ycbcrToRgb(Uint8Array.of(...gray, ...red), block),
    Uint8Array.of(10, 10, 10, 20, 20, 20, 254, 0, 0),
  );
});

Deno.test("ycbcrToRgb() reads pixels that share nothing", () => {
  const block = job([1, 1], 2, 2);
  const bytes = Uint8Array.from({ length: 12 }, (_, i) => i % 3 ? 128 : i);
  const expected = Uint8Array.from({ length: 12 }, (_, i) => i - i % 3);
  assertEquals(ycbcrToRgb(bytes, block), expected);
});
