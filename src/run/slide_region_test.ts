import { assertEquals, assertRejects } from "@std/assert";
import { planTiles, tileSpan } from "../tiles/plan_tiles.ts";
import { checkRegions, digestsOf, findRegions } from "./find_regions.ts";
import { SlideRegion } from "./slide_region.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-regions-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 100, height: 60 };
const grid = planTiles(size, { size: 32, expansion: 0, downsample: 1 });

async function write(name: string, ring: readonly number[][]): Promise<string> {
  const path = `${folder}/${name}`;
  const text = JSON.stringify({ type: "Polygon", coordinates: [ring] });
  await Deno.writeTextFile(path, text);
  return path;
}
const box = (left: number, top: number, right: number, bottom: number) => [
  ...[[left, top], [right, top], [right, bottom], [left, bottom]],
];
const within = await write("a.geojson", box(0, 0, 40, 20));
const exclude = await write("hole.geojson", box(0, 0, 30, 10));
const tissue = await write("a.tissue.geojson", box(80, 0, 100, 60));

Deno.test("SlideRegion.open() counts the region's pixels in each tile, and clips to them", async () => {
  const files = await findRegions("a", { within, exclude });
  await using region = await SlideRegion.open(size, files, { grid });
  const areaPx = 40 * 20 - 30 * 10;
  assertEquals([region!.areaPx, region!.clips, region!.skipped], [
    ...[areaPx, true, 0],
  ]);
  // The grid begins at -14, -2.
  const met = [...grid].filter((tile) => region!.has(tile));
  assertEquals(met.map(({ index }) => index), [0, 1]);
  assertEquals(region!.tiles, 2);
  assertEquals(
    met.reduce((sum, tile) => sum + region!.pixelsIn(tile), 0),
    areaPx,
  );
  for (const tile of met) {
    const side = tileSpan(tile);
    const prediction = {
      tile,
      mask: new Uint8Array(side ** 2).fill(1),
      probability8: new Uint8Array(side ** 2).fill(200),
    };
    await region!.clip(prediction);
    for (let i = 0; i < side ** 2; i++) {
      const x = tile.x + i % side, y = tile.y + Math.floor(i / side);
      const isIn = x >= 0 && y >= 0 && x < 40 && y < 20 && !(x < 30 && y < 10);
      assertEquals(prediction.mask[i], isIn ? 1 : 0, `${x}, ${y}`);
      assertEquals(prediction.probability8[i], isIn ? 200 : 0);
    }
  }
});

Deno.test("SlideRegion.open() looks at tiles that meet the tissue, and counts the others", async () => {
  const files = await findRegions("a", { tissue: folder });
  assertEquals(files.tissue?.path, tissue);
  await using all = await SlideRegion.open(size, files, { grid });
  assertEquals([all!.tiles, all!.skipped, all!.hasTissue, all!.clips], [
    ...[4, 4, true, false],
  ]);
  const rows = [1, 2] as const;
  await using half = await SlideRegion.open(size, files, { grid, rows });
  assertEquals([half!.tiles, half!.skipped], [2, 2]);
  assertEquals(await SlideRegion.open(size, {}, { grid }), undefined);
});

Deno.test("SlideRegion.open() refuses regions of which nothing is left, but for some rows", async () => {
  const all = await write("all.geojson", box(0, 0, 100, 60));
  const files = await findRegions("a", { within, exclude: all });
  await assertRejects(
    () => SlideRegion.open(size, files, { grid }),
    RangeError,
    `Cannot use the region: no pixel of the slide is left by ${within} and ${all}`,
  );
  const rows = [1, 2] as const;
  await using none = await SlideRegion.open(size, files, { grid, rows });
  assertEquals([none!.areaPx, none!.tiles], [0, 0]);
});

Deno.test("findRegions() finds a slide's file in a folder, and what it holds", async () => {
  const found = await findRegions("a", { within: folder, exclude });
  assertEquals([found.within?.path, found.exclude?.path], [within, exclude]);
  const before = digestsOf(found);
  await write("a.geojson", box(0, 0, 41, 20));
  const after = digestsOf(await findRegions("a", { within: folder, exclude }));
  assertEquals(before?.exclude, after?.exclude);
  assertEquals(before?.within === after?.within, false);
  await write("a.geojson", box(0, 0, 40, 20));
  assertEquals(
    digestsOf(await findRegions("a", { within, exclude })),
    before,
  );
  assertEquals(digestsOf(await findRegions("a", {})), undefined);
  await assertRejects(
    () => findRegions("b", { within: folder }),
    Error,
    `Cannot use --within "${folder}": it has no b.geojson`,
  );
});

Deno.test("checkRegions() wants a folder for several slides", async () => {
  await checkRegions({ within, tissue }, 1);
  await checkRegions({ within: folder }, 2);
  await assertRejects(
    () => checkRegions({ exclude: within }, 2),
    RangeError,
    "it is of one slide, and there are 2: give a folder with NAME.geojson",
  );
  await assertRejects(
    () => checkRegions({ tissue: `${folder}/none` }, 1),
    Error,
    `Cannot use --tissue "${folder}/none": it does not exist`,
  );
});
