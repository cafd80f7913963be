import { assert, assertEquals, assertFalse } from "@std/assert";
import { type BlockSource, gridPieces } from "../blocks.ts";
import { placeTiles, type TileArea, type TileAxis } from "./place_tiles.ts";

/** The blocks of a page of 6×6 tiles of 8 px, without those that are missing. */
function pageBlocks(missing: readonly number[] = []): BlockSource {
  const grid = { columns: 6, blockWidth: 8, blockHeight: 8 };
  return {
    ...grid,
    *piecesIn(region) {
      for (const piece of gridPieces(grid, region)) {
        if (!missing.includes(piece.block)) yield piece;
      }
    },
    load: () => Promise.resolve(undefined),
  };
}

const page = { width: 48, height: 48 };
const axis = (more: Partial<TileAxis> = {}): TileAxis => ({
  ...{ start: 0, first: 0, count: 3, tile: 8, advance: 6 },
  ...more,
});

/** Which block each pixel of a row shows, and its column there, as `block:column`. */
function rowOf(source: BlockSource, y: number, width: number): string[] {
  const row = Array(width).fill("-");
  const region = { x: 0, y, width, height: 1 };
  for (const { block, x, width, left = 0 } of source.piecesIn(region)) {
    for (let i = 0; i < width; i++) {
      if (row[x + i] === "-") row[x + i] = `${block}:${left + i}`;
    }
  }
  return row;
}

Deno.test("placeTiles() shows the later of two tiles that overlap, and each pixel once", () => {
  const areas = [{ across: axis(), down: axis({ count: 2, advance: 5 }) }];
  const source = placeTiles(pageBlocks(), { page, areas });
  assertFalse(source.overlaps);
  const shown = (block: number, length: number) =>
    Array.from({ length }, (_, i) => `${block}:${i}`);
  assertEquals(rowOf(source, 4, 20), [
    ...shown(0, 6),
    ...shown(1, 6),
    ...shown(2, 8),
  ]);
  assertEquals(rowOf(source, 5, 20)[0], "6:0");
  assertEquals(rowOf(source, 13, 20)[0], "-");
  // Of a region, no more pieces than meet it.
  const region = { x: 6, y: 0, width: 6, height: 5 };
  assertEquals([...source.piecesIn(region)].map(({ block }) => block), [1]);
});

Deno.test("placeTiles() rounds fractions without gaps, and leaves gaps that are told", () => {
  const of = (across: TileAxis) =>
    rowOf(
      placeTiles(pageBlocks(), {
        page,
        areas: [{ across, down: axis({ count: 1 }) }],
      }),
      0,
      24,
    );
  assertEquals(
    of(axis({ advance: 6.5, start: 0.25 })).join(" "),
    "0:0 0:1 0:2 0:3 0:4 0:5 0:6 1:0 1:1 1:2 1:3 1:4 1:5 2:0 2:1 2:2 2:3 2:4 2:5 2:6 2:7 - - -",
  );
  assertEquals(of(axis({ advance: 9, count: 2 })).slice(7, 10), [
    "0:7",
    "-",
    "1:0",
  ]);
});

Deno.test("placeTiles() cuts the tiles of a reduced level out of the blocks that share them", () => {
  // A block contains 2×2 tiles of 4 px: tiles 1 to 4 lie in blocks 0, 1, 1 and 2.
  const areas = [{
    across: axis({ first: 1, count: 4, start: 4 }),
    down: axis({ count: 1 }),
  }];
  const source = placeTiles(pageBlocks(), { page, areas, downsample: 2 });
  assertEquals(
    rowOf(source, 0, 16).join(" "),
    "- - 0:4 0:5 0:6 1:0 1:1 1:2 1:4 1:5 1:6 2:0 2:1 2:2 2:3 -",
  );
});

Deno.test("placeTiles() cuts whole pixels where a reduced tile has a fraction of them, even less than one", () => {
  for (const downsample of [3, 5, 12]) {
    const across = axis({ count: 6, advance: 8 });
    const areas = [{ across, down: axis({ count: 6, advance: 8 }) }];
    const source = placeTiles(pageBlocks(), { page, areas, downsample });
    const width = 48 / downsample;
    const row = rowOf(source, 0, Math.floor(width));
    row.forEach((shown, x) => {
      const [block, left] = shown.split(":").map(Number);
      assert(
        Math.abs(block * 8 + left - x) <= 1,
        `${downsample} ${x} ${shown}`,
      );
    });
  }
});

Deno.test("placeTiles() leaves out missing tiles, and orders areas that overlap by their tiles' places in the page", () => {
  const one = { across: axis({ count: 1 }), down: axis({ count: 1 }) };
  const at = (first: number, start: number): TileArea => ({
    ...one,
    across: axis({ count: 1, first, start }),
  });
  const areas = [at(2, 4), at(0, 0)];
  const source = placeTiles(pageBlocks(), { page, areas });
  assert(source.overlaps);
  assertEquals(rowOf(source, 0, 5), ["0:0", "0:1", "0:2", "0:3", "2:0"]);
  const swapped = placeTiles(pageBlocks(), { page, areas: areas.toReversed() });
  assertEquals(rowOf(swapped, 0, 13), rowOf(source, 0, 13));
  const sparse = placeTiles(pageBlocks([2]), { page, areas });
  assertEquals(rowOf(sparse, 0, 9)[8], "-");
});
