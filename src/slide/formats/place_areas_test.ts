import { assertEquals } from "@std/assert";
import { type BlockSource, gridPieces } from "../blocks.ts";
import { placeAreas } from "./place_areas.ts";

function grid(columns: number, asked: [string, unknown][] = []): BlockSource {
  const size = { blockWidth: 8, blockHeight: 4 };
  return {
    ...size,
    piecesIn: (region) => gridPieces({ columns, ...size }, region),
    load(block) {
      asked.push(["load", block]);
      return Promise.resolve(undefined);
    },
    prefetch: (blocks) => asked.push(["prefetch", blocks]),
  };
}

Deno.test("placeAreas() moves pieces, and cuts off what lies beyond an area", () => {
  const { piecesIn, overlaps, blockWidth } = placeAreas([
    { blocks: grid(2), x: -3, y: 10, width: 13, height: 6 },
    { blocks: grid(1), x: 40, y: 0, width: 8, height: 4 },
  ]);
  assertEquals([overlaps, blockWidth], [false, 8]);
  const region = { x: 0, y: 11, width: 60, height: 50 };
  const shown = [...piecesIn(region)].map((
    { block, left, top, x, y, width, height },
  ) => [block, left, top, x, y, width, height]);
  assertEquals(shown, [
    [0, 0, 0, -3, 10, 8, 4],
    [2, 0, 0, 5, 10, 5, 4], // 8 wide, 3 of them padding
    [4, 0, 0, -3, 14, 8, 2],
    [6, 0, 0, 5, 14, 5, 2],
  ]);
  assertEquals([...piecesIn({ x: 45, y: 2, width: 1, height: 1 })].length, 1);
});

Deno.test("placeAreas() passes blocks on to the areas that they belong to", async () => {
  const asked: [string, unknown][][] = [[], [], []];
  const source = placeAreas(asked.map((asked, i) => ({
    blocks: grid(2, asked),
    x: i * 4,
    y: 0,
    width: 16,
    height: 8,
  })));
  assertEquals(source.overlaps, true);
  source.prefetch!([0, 4, 9, 10]);
  await source.load(7);
  assertEquals(asked, [
    [["prefetch", [0, 3]]],
    [["prefetch", [1, 3]], ["load", 2]],
    [],
  ]);
});
