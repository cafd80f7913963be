import { assertEquals, assertRejects } from "@std/assert";
import { polygonFeature } from "../masks/polygons/polygon_feature.ts";
import { readObjects } from "./read_objects.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-objects-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

async function write(content: unknown): Promise<string> {
  const path = `${folder}/${crypto.randomUUID()}.geojson`;
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await Deno.writeTextFile(path, text);
  return path;
}

Deno.test("readObjects() reads what the library writes", async () => {
  const polygon = {
    rings: [
      Int32Array.of(0, 0, 4, 0, 4, 4, 0, 4),
      Int32Array.of(1, 1, 1, 2, 2, 2, 2, 1),
    ],
    area: 15,
    perimeter: 20,
  };
  const feature = polygonFeature(polygon, { index: 0 });
  const path = await write({ type: "FeatureCollection", features: [feature] });
  assertEquals(await readObjects(path), [{
    id: feature.id,
    rings: polygon.rings.map((ring) => [...ring]),
    area: 15,
    probability: undefined,
    name: feature.properties.classification.name,
    color: feature.properties.classification.color,
    state: undefined,
    measurements: feature.properties.measurements,
  }]);
});

Deno.test("readObjects() reads what people decided, and NaN as QuPath writes it; no two objects have one id", async () => {
  const ring = "[[0,0],[2,0],[2,2],[0,0]]";
  const feature = (properties: string) =>
    `{"type":"Feature","id":"PathAnnotationObject","geometry":{"type":"Polygon","coordinates":[${ring}]},"properties":${properties}}`;
  const rejected = JSON.stringify({
    classification: { name: "Ignore*", color: [180, 180, 180] },
    metadata: {
      "tilewise.state": "rejected",
      "tilewise.class": '{"names":["Tumor","Positive"],"color":[1,2,3]}',
    },
  });
  const path = await write(
    `[${feature(rejected)},${feature('{"measurements":{"a":NaN,"b":1}}')}]`,
  );
  const [first, second] = await readObjects(path);
  assertEquals(first.state, "rejected");
  assertEquals([first.name, first.color], ["Tumor: Positive", [1, 2, 3]]);
  assertEquals(second.measurements, { b: 1 });
  assertEquals([first.id, second.id], ["PathAnnotationObject", undefined]);
});

Deno.test("readObjects() reads QuPath's arrays, multipolygons and lists of measurements, and leaves points out", async () => {
  const square = (
    x: number,
  ) => [[[x, 0], [x + 2, 0], [x + 2, 2], [x, 2], [x, 0]]];
  const path = await write([
    { type: "Feature", geometry: { type: "Point", coordinates: [1, 1] } },
    { type: "Feature", geometry: null },
    {
      type: "Feature",
      geometry: { type: "MultiPolygon", coordinates: [square(0), square(8)] },
      properties: {
        measurements: [{ name: "Mean probability", value: 0.75 }, {
          name: "x",
        }],
      },
    },
  ]);
  const [object, ...more] = await readObjects(path);
  assertEquals(more, []);
  assertEquals([object.area, object.probability], [8, 0.75]);
  assertEquals(object.rings.length, 2);
});

Deno.test("readObjects() reads a byte order mark, and QuPath's derived classes", async () => {
  const coordinates = [[[0, 0], [2, 0], [2, 2], [0, 0]]];
  const feature = {
    type: "Feature",
    geometry: { type: "Polygon", coordinates },
    properties: { classification: { names: ["Tumor", "Positive"] } },
  };
  const path = await write("\ufeff" + JSON.stringify(feature));
  assertEquals((await readObjects(path))[0].name, "Tumor: Positive");
});

Deno.test("readObjects() takes the area that was measured, in pixels or µm²", async () => {
  const coordinates = [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]];
  const areaOf = async (measurements: unknown, mpp = { x: 0.5, y: 0.25 }) => {
    const path = await write({
      type: "Feature",
      geometry: { type: "Polygon", coordinates },
      properties: { measurements },
    });
    return (await readObjects(path, { mpp }))[0].area;
  };
  assertEquals(await areaOf({ "Area px^2": 5 }), 5);
  assertEquals(await areaOf({ "Area µm^2": 0.75 }), 6);
  assertEquals(await areaOf({ "area px": 7, "area µm²": 1 }), 7);
  assertEquals(await areaOf({}), 4);
});

const bad: Record<string, unknown> = {
  "no JSON": "{",
  "no GeoJSON": { a: 1 },
  null: "null",
  "features that are none": { type: "FeatureCollection", features: [3] },
  "a polygon of text": {
    type: "Feature",
    geometry: {
      type: "Polygon",
      coordinates: [[["a", "b"], [1, 2], [3, 4], ["a", "b"]]],
    },
  },
  "a polygon without rings": {
    type: "Feature",
    geometry: { type: "Polygon", coordinates: 5 },
  },
};
for (const [what, content] of Object.entries(bad)) {
  Deno.test(`readObjects() refuses ${what}`, async () => {
    const path = await write(content);
    await assertRejects(
      () => readObjects(path),
      SyntaxError,
      `Cannot read objects "${path}": `,
    );
  });
}

Deno.test("readObjects() refuses a missing file and a folder", async () => {
  await assertRejects(
    () => readObjects(`${folder}/none`),
    SyntaxError,
    `Cannot read objects "${folder}/none": No such file`,
  );
  await assertRejects(() => readObjects(folder), SyntaxError, "not a file");
});
