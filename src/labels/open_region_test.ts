import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeTiff } from "../../tests/helpers/make_tiff.ts";
import { openRegion, type OpenRegionOptions } from "./open_region.ts";
import { openTissue } from "./tissue_mask.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-region-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 100, height: 60 };
type Feature = readonly [name: string | undefined, coordinates: unknown];

async function write(features: readonly Feature[]): Promise<string> {
  const path = `${folder}/${crypto.randomUUID()}.geojson`;
  const list = features.map(([name, coordinates]) => ({
    type: "Feature",
    geometry: {
      type: Array.isArray(coordinates) ? "Polygon" : "Point",
      coordinates: Array.isArray(coordinates) ? [coordinates] : [1, 1],
    },
    properties: name === undefined ? null : { classification: { name } },
  }));
  await Deno.writeTextFile(path, JSON.stringify(list));
  return path;
}

const square = (left: number, top: number, side: number) => [
  ...[[left, top], [left + side, top], [left + side, top + side]],
  [left, top + side],
];

async function countIn(
  features: readonly Feature[],
  options: OpenRegionOptions = {},
): Promise<number> {
  await using region = await openRegion(await write(features), size, options);
  const pixels = await region.readRegion({ x: 0, y: 0, ...size });
  return pixels.reduce((sum, value) => sum + value, 0);
}

Deno.test("openRegion() takes the polygons of one class, whatever QuPath thinks of it", async () => {
  const [small, large] = [square(0, 0, 2), square(10, 10, 5)];
  const both: Feature[] = [["Region*", small], ["Tumor: Big", large]];
  const take = (classification: string) => countIn(both, { classification });
  assertEquals(await countIn([["Ignore*", small], ["Ignore*", large]]), 29);
  assertEquals(await countIn([[undefined, square(-5, -5, 200)]]), 6000);
  assertEquals(await take("Region*"), 4);
  assertEquals(await take("Tumor"), 25);
  assertEquals(await take("*"), 29);
  const warnings: string[] = [];
  const onWarning = (text: string) => void warnings.push(text);
  await countIn([["A", small], [undefined, "point"]], { onWarning });
  assertMatch(warnings.join("\n"), /^of ".*geojson", 1 point left out$/);
});

Deno.test("openRegion() refuses what is no region of the slide, in one line", async () => {
  const here = square(0, 0, 2);
  const cases: [readonly Feature[], OpenRegionOptions, RegExp][] = [
    [[], {}, /it has no polygon: it is empty$/],
    [[[undefined, "point"]], {}, /it has no polygon: only 1 point$/],
    [
      [["A", here], ["B", here], ["A", here]],
      { flag: "--within-class" },
      /several classes, A \(2\), B \(1\); choose one with --within-class NAME, or all with --within-class '\*'$/,
    ],
    [[["A", here], ["B", here]], {}, /several classes, A \(1\), B \(1\); keep/],
    [
      [["A", here]],
      { classification: "Necrosis" },
      /no polygon is of class "Necrosis", only of A \(1\)$/,
    ],
    // In micrometers, or of a finer level.
    [
      [["A", here], ["A", square(400, 300, 9)]],
      {},
      /one, from 400,300 to 409,309, is outside the slide of 100×60; is it of another slide or level\?$/,
    ],
  ];
  for (const [features, options, says] of cases) {
    const error = await assertRejects(() => countIn(features, options));
    assert(error instanceof RangeError);
    assertMatch(error.message, /^Cannot use the region ".*\.geojson": /);
    assertMatch(error.message, says);
  }
  await assertRejects(
    () => openRegion(`${folder}/none.geojson`, size),
    Error,
    'none.geojson": it does not exist',
  );
});

Deno.test("openTissue() takes polygons, and pictures of the slide's shape", async () => {
  const picture = async (width: number, height: number) => {
    const pixels = new Uint8Array(width * height);
    pixels[pixels.length - 1] = 255;
    const path = `${folder}/${width}.tif`;
    const page = { width, height, pixels, samples: 1 };
    await Deno.writeFile(path, await makeTiff([page]));
    return path;
  };
  const cell = { width: 10, height: 10 };
  const paths: [path: string, x: number, y: number][] = [
    [await write([["Tissue", square(95, 55, 3)]]), 94, 54],
    [await picture(100, 60), 98, 58],
    [await picture(10, 6), 89, 49],
    [await picture(13, 8), 89, 49], // 100 / 13, so that 7.8 is 8
  ];
  for (const [path, x, y] of paths) {
    await using tissue = await openTissue(path, size);
    assertEquals(await tissue.meets({ ...cell, x: 90, y: 50 }), true, path);
    const corner = { width: 1, height: 1 };
    assertEquals(await tissue.meets({ ...corner, x, y }), false, path);
    assertEquals(await tissue.meets({ ...cell, x: 0, y: 0 }), false, path);
  }
  for (const [width, height] of [[60, 100], [200, 120], [50, 33]]) {
    const path = await picture(width, height);
    await assertRejects(
      () => openTissue(path, size),
      RangeError,
      `it must have the shape of the slide, 100×60, and is ${width}×${height}`,
    );
  }
  await assertRejects(
    () => openTissue(`${folder}/none.png`, size),
    Error,
    'Cannot use the tissue mask "' + `${folder}/none.png": it does not exist`,
  );
});
