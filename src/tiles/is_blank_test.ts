import { assertEquals } from "@std/assert";
import type { Slide } from "../slide/slide.ts";
import { isBlank } from "./is_blank.ts";

const bounds = { x: 400, y: 400, width: 200, height: 200 };
const slide: Slide = {
  name: "a",
  width: 2000,
  height: 2000,
  bounds,
  levels: [1, 8].map((downsample) => ({
    width: 2000 / downsample,
    height: 2000 / downsample,
    downsample,
  })),
  readRegion: () => Promise.reject(new Error("nothing is read")),
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Whether a tile of 64 px with its upper left corner there is blank, as read from a level. */
function blankAt(x: number, level: number, of: Slide = slide): boolean {
  const position = { index: 0, row: 0, column: 0, x, y: 480 };
  return isBlank(of, level)({
    ...position,
    ...{ size: 64, expansion: 0, downsample: 1 },
  });
}

Deno.test("isBlank() takes bounds as they are at level 0, and with some slack at reduced levels", () => {
  // Right of the bounds, which end at 600; a tile that is resampled takes in a pixel more.
  assertEquals(blankAt(600, 0), false);
  assertEquals(blankAt(601, 0), true);
  // 2 pixels of the level are 16 of level 0, more than 2 % of 200; and 8 are taken in.
  assertEquals(blankAt(600 + 16 + 7, 1), false);
  assertEquals(blankAt(600 + 16 + 8, 1), true);
  // The other side.
  assertEquals(blankAt(400 - 64, 0), false);
  assertEquals(blankAt(400 - 64 - 1, 0), true);
});

Deno.test("isBlank() leaves tiles to the reader that reach beyond the slide, and slides without bounds", () => {
  assertEquals(blankAt(-1, 0), false);
  assertEquals(blankAt(1, 0), true);
  assertEquals(blankAt(1900, 0), true);
  assertEquals(blankAt(1937, 0), false);
  assertEquals(blankAt(601, 0, { ...slide, bounds: undefined }), false);
});
