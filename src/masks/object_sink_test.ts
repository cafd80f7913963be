import { assert, assertEquals } from "@std/assert";
import type { MaskPolygon } from "./mask_polygon.ts";
import { type PolygonFeature, polygonFeature } from "./polygon_feature.ts";
import { ObjectSink } from "./object_sink.ts";
import { writeBands } from "./write_bands.ts";
import {
  bandsOf,
  type Mask,
  randomMask,
  streamed,
  withFolder,
} from "./testing.ts";

async function written(
  mask: Mask,
  heights: number[],
): Promise<{ text: string; polygons: MaskPolygon[] }> {
  let text = "";
  const polygons: MaskPolygon[] = [];
  await withFolder(async (folder) => {
    const path = `${folder}/a.geojson`;
    const options = {
      ...mask,
      mpp: { x: 0.5, y: 0.25 },
      onObject: (polygon: MaskPolygon) => void polygons.push(polygon),
    };
    await writeBands(streamed(bandsOf(mask, heights)), [
      new ObjectSink({ geojson: path }, options),
    ]);
    text = await Deno.readTextFile(path);
  });
  return { text, polygons };
}

Deno.test("ObjectSink writes closed rings, holes, measurements and classes", async () => {
  const mask = {
    width: 3,
    height: 3,
    mask: new Uint8Array([1, 1, 1, 1, 0, 1, 1, 1, 1]),
  };
  const { text } = await written(mask, [1]);
  const { type, features } = JSON.parse(text);
  assertEquals(type, "FeatureCollection");
  assertEquals(features, [{
    type: "Feature",
    id: "00000000-0000-8000-8000-000000000000",
    geometry: {
      type: "Polygon",
      coordinates: [
        [[0, 3], [0, 0], [3, 0], [3, 3], [0, 3]],
        [[2, 1], [1, 1], [1, 2], [2, 2], [2, 1]],
      ],
    },
    properties: {
      objectType: "annotation",
      classification: { name: "glomerulus", color: [0, 200, 83] },
      measurements: {
        "area px": 8,
        "perimeter px": 16,
        "area µm²": 1,
        "perimeter µm": 6,
      },
    },
  }]);
});

Deno.test("ObjectSink writes the same file for any bands, each id once", async () => {
  const mask = randomMask(50, 40, { seed: 8, density: 0.55 });
  const { text, polygons } = await written(mask, [40]);
  assertEquals((await written(mask, [3, 1])).text, text);
  const features: PolygonFeature[] = JSON.parse(text).features;
  assertEquals(features.length, polygons.length);
  assertEquals(new Set(features.map(({ id }) => id)).size, features.length);
  assert(
    features.every(({ id }) =>
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/.test(
        id,
      )
    ),
  );
  assertEquals(
    features.map(({ properties }) => properties.measurements["area px"]),
    polygons.map(({ area }) => area),
  );
});

Deno.test("ObjectSink writes an empty collection for an empty mask", async () => {
  const { text } = await written({
    width: 2,
    height: 2,
    mask: new Uint8Array(4),
  }, [1]);
  assertEquals(JSON.parse(text), { type: "FeatureCollection", features: [] });
});

Deno.test("ObjectSink writes a table beside the features, the same objects in both", async () => {
  const mask = randomMask(40, 30, { seed: 5, density: 0.6 });
  const mpp = { x: 0.5, y: 0.5 };
  const classification = { name: 'a "b", c', color: [1, 2, 3] } as const;
  await withFolder(async (folder) => {
    const files = { geojson: `${folder}/a.geojson`, csv: `${folder}/a.csv` };
    let kept = 0, small = 0;
    const sink = new ObjectSink(files, {
      ...mask,
      mpp,
      classification,
      minArea: 3,
      tolerance: 1,
      onObject: () => void kept++,
      onSmallObject: ({ area }) => void (small += area),
    });
    const bands = Array.from(bandsOf(mask, [7]), (band) => ({
      ...band,
      probability8: new Uint8Array(band.mask.length).fill(51),
    }));
    await writeBands(streamed(bands), [sink]);
    const { features } = JSON.parse(await Deno.readTextFile(files.geojson));
    const [head, ...lines] = (await Deno.readTextFile(files.csv)).split("\n");
    assertEquals(lines.pop(), "");
    const names = head.split(",");
    const rows = lines.map((line) =>
      line.replace('"a ""b"", c"', "?").split(",")
    );
    const column = (name: string) =>
      rows.map((row) => row[names.indexOf(name)]);
    const measured = (name: string) =>
      features.map(({ properties }: PolygonFeature) =>
        properties.measurements[name]
      );
    assertEquals(features.length, kept);
    assertEquals(column("id"), features.map(({ id }: PolygonFeature) => id));
    assertEquals(column("class").every((name) => name === "?"), true);
    assertEquals(features[0].properties.classification, classification);
    assertEquals(column("area_px").map(Number), measured("area px"));
    assertEquals(column("area_um2").map(Number), measured("area µm²"));
    assertEquals(column("mean_probability"), column("id").map(() => "0.2"));
    assert(measured("area px").every((area: number) => area >= 3));
    const total = measured("area px").reduce((a: number, b: number) => a + b);
    assertEquals(total + small, mask.mask.reduce((a, b) => a + b, 0));
  });
});

Deno.test("ObjectSink writes the features that polygonFeature() makes", async () => {
  const mask = randomMask(30, 30, { seed: 6, density: 0.6 });
  const { text, polygons } = await written(mask, [4]);
  const mpp = { x: 0.5, y: 0.25 };
  assertEquals(
    JSON.parse(text).features,
    polygons.map((polygon, index) => polygonFeature(polygon, { index, mpp })),
  );
});
