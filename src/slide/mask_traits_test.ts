import { assertEquals } from "@std/assert";
import { maskPalette } from "./mask_traits.ts";
import type { TiffPage } from "./tiff/tiff_page.ts";

/** Which entries of a palette are foreground; those that are black at the end are unused. */
function read(
  colors: readonly (readonly [number, number, number])[],
  alpha?: readonly number[],
) {
  const { map, notes } = maskPalette({
    colorMap: [0, 1, 2].flatMap((c) => colors.map((color) => color[c])),
    transparency: alpha && Uint8Array.from(alpha),
  } as unknown as TiffPage);
  return [Array.from(map.subarray(0, colors.length)), notes.length];
}

const [black, gray, red] = [[0, 0, 0], [99, 99, 99], [255, 0, 0]] as const;

Deno.test("maskPalette() takes black for background, unless it is all that can be seen", () => {
  assertEquals(read([black, gray]), [[0, 255], 0]);
  assertEquals(read([black, red, black]), [[0, 255, 255], 0]);
  assertEquals(read([black, black]), [[0, 0], 0]);
  assertEquals(read([black, black], [0, 255]), [[0, 255], 1]);
  assertEquals(read([gray, red], [0, 255]), [[0, 255], 0]);
});
