import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  bandsOf,
  draw,
  type Mask,
  randomMask,
  streamed,
  withFolder,
} from "../../../tests/helpers/masks.ts";
import { writeBands } from "../write_mask.ts";
import { ObjectSink } from "./object_sink.ts";
import type { MaskPolygon } from "./outline.ts";
import { type PolygonFeature, polygonFeature } from "./polygon_feature.ts";

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
        "Area µm^2": 1,
        "Perimeter µm": 6,
        "Circularity": 4 * Math.PI / 36,
        "Solidity": 8 / 9,
        "Max diameter µm": Math.hypot(1.5, 0.75),
      },
    },
  }]);
});

Deno.test("ObjectSink keeps all corners and the smallest object, unless it is told otherwise", async () => {
  const mask = Uint8Array.of(1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1, 1);
  const { text, polygons } = await written(
    { mask, width: 4, height: 3 },
    [3],
  );
  assertEquals(polygons.map(({ area }) => area), [8]);
  const [{ geometry }] = JSON.parse(text).features;
  assertEquals(geometry.coordinates[0].length, 11);
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
    features.map(({ properties }) => properties.measurements["Area µm^2"]),
    polygons.map(({ area }) => area / 8),
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
    const measured = (name: string): number[] =>
      features.map(({ properties }: PolygonFeature) =>
        properties.measurements[name]
      );
    assertEquals(features.length, kept);
    assertEquals(column("id"), features.map(({ id }: PolygonFeature) => id));
    assertEquals(column("class").every((name) => name === "?"), true);
    assertEquals(features[0].properties.classification, classification);
    const pixels = column("Area px^2").map(Number);
    assertEquals(pixels, measured("Area µm^2").map((area) => area * 4));
    for (
      const name of [
        "Area µm^2",
        "Perimeter µm",
        "Circularity",
        "Solidity",
        "Max diameter µm",
      ]
    ) {
      column(name).forEach((text, i) =>
        assertAlmostEquals(Number(text), measured(name)[i], 1e-4)
      );
    }
    assertEquals(column("mean_probability"), column("id").map(() => "0.2"));
    assert(pixels.every((area) => area >= 3));
    const total = pixels.reduce((a, b) => a + b);
    assertEquals(total + small, mask.mask.reduce((a, b) => a + b, 0));
  });
});

Deno.test("ObjectSink measures in pixels where the scale is not known, the same at any tolerance", async () => {
  const mask = draw(90, 90, (x, y) => Math.hypot(x - 44.8, y - 45.1) < 40);
  const probability8 = mask.mask.map((_, i) => i % 251);
  const read = async (tolerance: number, objectType?: "detection") => {
    let features: PolygonFeature[] = [], csv = "";
    await withFolder(async (folder) => {
      const files = { geojson: `${folder}/a.geojson`, csv: `${folder}/a.csv` };
      const sink = new ObjectSink(files, { ...mask, tolerance, objectType });
      await writeBands(
        streamed([{ ...mask, y: 0, probability8 }]),
        [sink],
      );
      features = JSON.parse(await Deno.readTextFile(files.geojson)).features;
      csv = await Deno.readTextFile(files.csv);
    });
    const [{ id, properties, geometry }] = features;
    return { id, properties, geometry, csv };
  };
  const whole = await read(0);
  assertEquals(Object.keys(whole.properties.measurements), [
    "Area px^2",
    "Perimeter px",
    "Circularity",
    "Solidity",
    "Max diameter px",
    "mean probability",
  ]);
  const perimeter = whole.properties.measurements["Perimeter px"];
  assert(Math.abs(perimeter / (80 * Math.PI) - 1) < 0.01);
  const simple = await read(3, "detection");
  const corners = whole.geometry.coordinates[0].length;
  assert(simple.geometry.coordinates[0].length < corners / 2);
  assertEquals(whole.properties.objectType, "annotation");
  assertEquals(simple.properties.objectType, "detection");
  assertEquals([simple.id, simple.csv], [whole.id, whole.csv]);
  assertEquals(
    simple.properties.measurements,
    whole.properties.measurements,
  );
});

Deno.test("ObjectSink loses no digits of small numbers", async () => {
  await withFolder(async (folder) => {
    const csv = `${folder}/a.csv`;
    const mask = { width: 3, height: 1, mask: new Uint8Array([0, 1, 0]) };
    const mpp = { x: 0.004, y: 0.004 };
    await writeBands(streamed(bandsOf(mask)), [
      new ObjectSink({ csv }, { ...mask, mpp }),
    ]);
    const [head, line] = (await Deno.readTextFile(csv)).split("\n");
    const at = head.split(",").indexOf("Area µm^2");
    assertEquals(line.split(",")[at], "0.000016");
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
