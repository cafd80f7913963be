import { ObjectSink } from "../../masks/polygons/object_sink.ts";
import { writeBands } from "../../masks/write_mask.ts";
import type { LayerSource } from "../deep_zoom.ts";
import type { LevelLine, ViewObject } from "../description.ts";
import { serveView } from "../serve_view.ts";
import { oneView, type View } from "../view.ts";
import { type MapRun, openLevels } from "./open_levels.ts";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { decode } from "fast-png";

const [width, height] = [1300, 900];
const mpp = { x: 0.5, y: 0.5 };

/** Cones of probability: place, radius, peak. */
type Cone = readonly [x: number, y: number, radius: number, peak: number];

function mapOf(cones: readonly Cone[]): Uint8Array {
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    for (const [x, y, radius, peak] of cones) {
      const far = Math.hypot(i % width - x, Math.floor(i / width) - y);
      const p = Math.max(0, 1 - far / radius) * peak;
      values[i] = Math.max(values[i], Math.round(p * 255));
    }
  }
  return values;
}

function sourceOf(values: Uint8Array): LayerSource {
  return {
    ...{ width, height, levels: [{ width, height, downsample: 1 }] },
    readRegion({ x, y, ...region }) {
      const pixels = new Uint8Array(region.width * region.height * 3);
      for (let j = 0; j < region.height; j++) {
        for (let i = 0; i < region.width; i++) {
          const value = values[(y + j) * width + x + i];
          const at = (j * region.width + i) * 3;
          pixels.fill(value, at, at + 3);
        }
      }
      return Promise.resolve(pixels);
    },
  };
}

const tumor = mapOf([[300, 300, 200, 1], [900, 500, 90, 0.7], [60, 800, 9, 1]]);
const stroma = mapOf([[420, 300, 200, 0.9], [1200, 100, 60, 0.8]]);

/** Serves maps, and asks as the page does. */
function serve(maps: readonly Uint8Array[], run?: MapRun) {
  const slide = { mpp };
  const sources = maps.map(sourceOf);
  const levels = openLevels(sources, { slide, slideWidth: width, run });
  const view: View = {
    description: { name: "kidney", width, height, layers: [], live: false },
    layers: new Map(),
    objects: [],
    handlers: levels.handlers,
  };
  const server = serveView(oneView(() => view));
  const get = (path: string) => fetch(`${server.url}slides/0/${path}`);
  return {
    get,
    async contours(threshold: number, zoom: number): Promise<
      { objects: ViewObject[]; scale: number }
    > {
      const place = `left=-50&top=-50&right=${width + 50}&bottom=${height}`;
      const query = `threshold=${threshold}&zoom=${zoom}&${place}`;
      return await (await get(`contours?${query}`)).json();
    },
    async count(threshold: number): Promise<LevelLine[]> {
      const answer = await get(`level?threshold=${threshold}`);
      const lines = (await answer.text()).trim().split("\n");
      return lines.map((line) => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What `infer` writes of maps at a threshold. */
async function written(
  maps: readonly Uint8Array[],
  { threshold, run }: { readonly threshold: number; readonly run: MapRun },
) {
  const mask = new Uint8Array(width * height);
  const probability8 = new Uint8Array(width * height);
  for (let i = 0; i < mask.length; i++) {
    maps.forEach((map, k) => {
      if (map[i] > probability8[i]) {
        [probability8[i], mask[i]] = [map[i], k + 1];
      }
    });
    if (probability8[i] / 255 <= threshold) mask[i] = 0;
  }
  const geojson = await Deno.makeTempFile({ suffix: ".geojson" });
  const { minArea, simplify: tolerance, classes } = run;
  const options = { ...{ width, height, mpp, minArea, tolerance }, classes };
  await writeBands(
    (async function* () {
      yield { y: 0, width, height, mask, probability8 };
    })(),
    [new ObjectSink({ geojson }, options)],
  );
  const { features } = JSON.parse(await Deno.readTextFile(geojson));
  await Deno.remove(geojson);
  // deno-lint-ignore no-explicit-any -- GeoJSON
  return features.map(({ geometry, properties }: any) => ({
    rings: geometry.coordinates.map((ring: number[][]) =>
      ring.slice(0, -1).flat()
    ),
    name: properties.classification.name,
    measurements: properties.measurements,
  }));
}

const shapeOf = ({ rings, name, measurements }: ViewObject) => ({
  ...{ rings, name, measurements },
});
const byPlace = (a: ViewObject, b: ViewObject) =>
  a.rings[0][0] - b.rings[0][0] || a.rings[0][1] - b.rings[0][1];

const one: MapRun = {
  ...{ threshold: 0.5, minArea: 100, simplify: 1 },
  classes: [{ name: "glomerulus" }],
};
const two: MapRun = {
  ...one,
  classes: [{ name: "Tumor", color: "#ff0000" }, {
    name: "Stroma",
    color: "#0000ff",
  }],
};

for (
  const [what, maps, run] of [
    ["one class", [tumor], one],
    ["two classes", [tumor, stroma], two],
  ] as const
) {
  Deno.test(`openLevels() gives the objects of ${what} that infer writes at a threshold, and counts them`, async () => {
    await using server = serve(maps, run);
    for (const threshold of [0.3, 0.62]) {
      const expected = (await written(maps, { threshold, run })).sort(byPlace);
      assert(expected.length > 1);
      const { objects, scale } = await server.contours(threshold, 1);
      assertEquals(scale, 1);
      assertEquals(objects.sort(byPlace).map(shapeOf), expected);
      const lines = await server.count(threshold);
      const last = lines.pop()!;
      assert("all" in last && last.listed);
      assert(lines.every((line) => "share" in line) && lines.length > 0);
      assertEquals(last.all.count, expected.length);
      const area = objects.reduce((sum, { area }) => sum + area, 0);
      assertEquals(last.all.area, area);
      assertEquals(last.classes.length, maps.length);
      const list = await server.get(`level.json?threshold=${threshold}&from=1`);
      const rest = await list.json();
      assertEquals(rest.total, expected.length);
      assertEquals(rest.objects.length, expected.length - 1);
    }
    const other = await server.get("level.json?threshold=0.1&from=0");
    assertEquals(other.status, 409);
    await other.body?.cancel();
  });
}

Deno.test("openLevels() leaves out what is smaller than the run's minimum", async () => {
  await using server = serve([tumor], { ...one, minArea: 5000 });
  const count = async (threshold: number) => {
    const last = (await server.count(threshold)).pop()!;
    return "all" in last ? last.all.count : NaN;
  };
  assertEquals(await count(0.1), 2); // without the speck of some 200 pixels
  assertEquals(await count(0.68), 1); // and without the top of the lower cone
});

Deno.test("openLevels() traces coarser zooms at their resolution", async () => {
  await using server = serve([tumor], one);
  const fine = await server.contours(0.4, 1);
  const { objects, scale } = await server.contours(0.4, 0.5);
  assertEquals(scale, 2);
  assertEquals(objects.length, 2);
  const largest = (list: ViewObject[]) =>
    Math.max(...list.map(({ area }) => area));
  assertAlmostEquals(largest(objects), largest(fine.objects), 400);
});

Deno.test("openLevels() gives the mask at a threshold as tiles that meet", async () => {
  await using server = serve([tumor, stroma], two);
  const tile = async (column: number, row: number) => {
    const place = `zoom=11&column=${column}&row=${row}`;
    const answer = await server.get(`level-mask?threshold=0.62&${place}`);
    assertEquals(answer.status, 200);
    return decode(await answer.bytes());
  };
  const [left, right] = [await tile(0, 0), await tile(1, 0)];
  assertEquals([left.width, left.height, right.width], [513, 513, 514]);
  const colorAt = (
    png: typeof left,
    x: number,
    y: number,
  ) => [
    ...png.data.slice((y * png.width + x) * 4, (y * png.width + x) * 4 + 4),
  ];
  assertEquals(colorAt(left, 300, 300), [255, 0, 0, 255]);
  assertEquals(colorAt(left, 425, 300), [0, 0, 255, 255]);
  assertEquals(colorAt(left, 100, 100), [0, 0, 0, 0]);
  for (const y of [200, 300, 400]) { // columns 511 and 512 are in both
    assertEquals(colorAt(left, 511, y), colorAt(right, 0, y));
    assertEquals(colorAt(left, 512, y), colorAt(right, 1, y));
  }
});

Deno.test("openLevels() refuses what is no threshold, zoom or tile", async () => {
  await using server = serve([tumor]);
  for (
    const [path, status] of [
      ["contours?threshold=2&zoom=1&left=0&top=0&right=9&bottom=9", 400],
      ["contours?threshold=0.5&zoom=0&left=0&top=0&right=9&bottom=9", 400],
      ["contours?threshold=0.5&zoom=1&left=0&top=0&right=9", 400],
      ["level?threshold=", 400],
      ["level?threshold=nan", 400],
      ["level-mask?threshold=0.5&zoom=11&column=3&row=0", 404],
      ["level-mask?threshold=0.5&zoom=99&column=0&row=0", 404],
      ["level-mask?threshold=0.5&zoom=11&column=0.5&row=0", 404],
    ] as const
  ) {
    const answer = await server.get(path);
    assertEquals(answer.status, status, path);
    await answer.body?.cancel();
  }
});
