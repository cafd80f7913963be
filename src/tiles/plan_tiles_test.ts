import { planTiles, tileFactor, tileSpan } from "./plan_tiles.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";

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

Deno.test("planTiles() covers the slide once, centered", () => {
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

Deno.test("planTiles() gives tiles whole pixels, whatever the factor", () => {
  for (const downsample of [1, 1.1, 2.004, 3.7]) {
    for (const [width, height] of [[1, 1], [999, 640], [700, 1401]]) {
      const grid = planTiles({ width, height }, {
        size: 64,
        expansion: 32,
        downsample,
      });
      const tiles = [...grid];
      const span = tileSpan(tiles[0]);
      assertAlmostEquals(grid.downsample, downsample, 0.5 / 64);
      for (const { x, y, column, row } of tiles) {
        assertEquals([x, y].every(Number.isInteger), true);
        assertEquals(x, tiles[0].x + column * span);
        assertEquals(y, tiles[0].y + row * span);
      }
      assert(tiles[0].x <= 0 && tiles[0].y <= 0);
      assert(tiles.at(-1)!.x + span >= width);
      assert(tiles.at(-1)!.y + span >= height);
    }
  }
});

Deno.test("planTiles() begins at whole pixels of the level that is read", () => {
  const levels = [1, 4].map((downsample) => ({
    width: Math.floor(1003 / downsample),
    height: Math.floor(777 / downsample),
    downsample,
  }));
  const slide = { width: 1003, height: 777, mpp: { x: 0.25, y: 0.25 }, levels };
  const grid = planTiles(slide, { size: 64, expansion: 0, mpp: 2 });
  assertEquals([grid.level, grid.downsample], [1, 8]);
  const [{ x, y }] = grid;
  assertEquals([x % 4, y % 4], [-0, -0]);
  assert(x + grid.columns * 512 >= 1003 && y + grid.rows * 512 >= 777);
});

Deno.test("planTiles() refuses sizes that no network takes", () => {
  const slide = { width: 100, height: 100 };
  const wrong: [Parameters<typeof planTiles>[1], string][] = [
    [{ size: 0 }, "size must be a positive integer, received 0"],
    [{ size: -32 }, "size must be a positive integer, received -32"],
    [{ size: 256.5 }, "size must be a positive integer, received 256.5"],
    [{ size: NaN }, "size must be a positive integer, received NaN"],
    [{ downsample: 0 }, "downsample must be a number from 1, received 0"],
    [{ downsample: 0.9 }, "downsample must be a number from 1, received 0.9"],
    [{ downsample: NaN }, "downsample must be a number from 1, received NaN"],
    [
      { size: 1023, expansion: 1 },
      "expansion must be even and not negative, received 1",
    ],
    [
      { expansion: -32 },
      "expansion must be even and not negative, received -32",
    ],
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
    "Cannot find tile 1: the grid has 1 tiles",
  );
});

Deno.test("tileFactor() refuses pixels that are no square multiple of the tile, or fewer", () => {
  const factorOf = (side: number, more = 0) =>
    tileFactor({
      size: 4,
      expansion: 2,
      pixels: new Uint8Array(side * side * 3 + more),
    });
  assertEquals([factorOf(6), factorOf(18)], [1, 3]);
  for (const [side, more] of [[0, 0], [3, 0], [9, 0], [6, 3]]) {
    assertThrows(() => factorOf(side, more), RangeError, "a multiple of 6");
  }
});
