import { assertEquals, assertThrows } from "@std/assert";
import { planTiles } from "./plan_tiles.ts";

for (const name of ["plain", "unext50", "ensemble_tta"]) {
  Deno.test(`planTiles() gives the tiles of the golden run ${name}`, async () => {
    const path = `../../tests/golden/slides/tissue_700x900_${name}.json`;
    const { size, kept, options } = JSON.parse(
      await Deno.readTextFile(new URL(path, import.meta.url)),
    );
    const grid = planTiles({ width: size[1], height: size[0] }, {
      size: options.tile,
      expansion: options.expansion,
      downsample: options.reduce,
    });
    // All tiles of this slide hold tissue.
    assertEquals([...grid].map(({ x, y }) => [y, x]), kept);
  });
}

Deno.test("planTiles() covers the slide once, centred", () => {
  for (const width of [1, 31, 32, 33, 64, 65, 1000]) {
    for (const size of [32, 96]) {
      for (const downsample of [1, 2, 3, 4]) {
        const grid = planTiles({ width, height: 50 }, {
          size,
          expansion: 64,
          downsample,
        });
        const step = size * downsample;
        const { x: left } = grid.tile(0);
        const right = grid.tile(grid.columns - 1).x + step - width;
        assertEquals(grid.columns * step, width - left + right);
        assertEquals(right + left === 0 || right + left === 1, true);
        assertEquals(grid.count, grid.columns * grid.rows);
        const found = [...grid];
        assertEquals(found.map(({ index }) => index), found.map((_, i) => i));
        assertEquals(
          found.map(({ row, column }) => row * grid.columns + column),
          found.map((_, i) => i),
        );
      }
    }
  }
});

Deno.test("planTiles() refuses sizes that no network takes", () => {
  const slide = { width: 100, height: 100 };
  const wrong: [Parameters<typeof planTiles>[1], string][] = [
    [{ size: 0 }, "size is a positive integer: received 0"],
    [{ size: -32 }, "size is a positive integer: received -32"],
    [{ size: 256.5 }, "size is a positive integer: received 256.5"],
    [{ size: NaN }, "size is a positive integer: received NaN"],
    [{ downsample: 0 }, "downsample is a positive integer: received 0"],
    [{ downsample: 1.5 }, "downsample is a positive integer: received 1.5"],
    [
      { size: 1023, expansion: 1 },
      "expansion is even and not negative: received 1",
    ],
    [{ expansion: -32 }, "expansion is even and not negative: received -32"],
    [{ size: 1000, expansion: 256 }, "multiple of 32: received 1000 + 256"],
  ];
  for (const [options, reason] of wrong) {
    assertThrows(() => planTiles(slide, options), RangeError, reason);
  }
  assertThrows(
    () => planTiles({ width: 0, height: 5 }),
    RangeError,
    "the slide's width",
  );
  assertThrows(
    () => planTiles(slide).tile(1),
    RangeError,
    "there are 1: received index 1",
  );
});
