import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Polygonizer } from "../masks/polygons/polygonizer.ts";
import { PolygonLabels } from "./polygon_labels.ts";
import { readGeoJsonPolygons } from "./read_geojson_polygons.ts";

const size = { width: 40, height: 30 };
const whole = { x: 0, y: 0, ...size };

Deno.test("PolygonLabels fills what Polygonizer outlines, holes included", async () => {
  // Rings and islands: distance to the middle, in bands.
  const mask = Uint8Array.from({ length: 40 * 30 }, (_, i) => {
    const [x, y] = [i % 40 - 19, Math.floor(i / 40) - 14];
    return Math.floor(Math.hypot(x, y) / 4) % 2;
  });
  const rings: Float64Array[][] = [];
  const polygonizer = new Polygonizer({
    ...size,
    onPolygon: (polygon) =>
      void rings.push(polygon.rings.map((ring) => Float64Array.from(ring))),
  });
  polygonizer.write({ y: 0, width: 40, height: 30, mask });
  await polygonizer.close();
  const labels = new PolygonLabels(rings, size);
  assertEquals(await labels.readRegion(whole), mask);
  const part = { x: -3, y: 7, width: 30, height: 40 };
  const expected = Uint8Array.from({ length: 30 * 40 }, (_, i) => {
    const [x, y] = [i % 30 - 3, Math.floor(i / 30) + 7];
    return x >= 0 && y < 30 ? mask[y * 40 + x] : 0;
  });
  assertEquals(await labels.readRegion(part), expected);
});

Deno.test("PolygonLabels sets the pixels whose centers lie within, and joins polygons that overlap", async () => {
  const triangle = Float64Array.of(0, 0, 4, 0, 0, 4);
  const square = Float64Array.of(0, 0, 2, 0, 2, 2, 0, 2, 0, 0);
  const labels = new PolygonLabels([[triangle], [square]], {
    width: 4,
    height: 4,
  });
  const read = await labels.readRegion({ x: 0, y: 0, width: 4, height: 4 });
  assertEquals([...read], [1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("PolygonLabels() refuses polygons that are not on the slide", () => {
  const far = [Float64Array.of(50, 50, 60, 50, 60, 60)];
  assertThrows(
    () => new PolygonLabels([far], size),
    RangeError,
    "one, from 50,50 to 60,60, is outside the slide of 40×30",
  );
});

Deno.test("readGeoJsonPolygons() reads QuPath's features and their classes", async () => {
  const feature = (name: string, x: number) => ({
    type: "Feature",
    geometry: {
      type: "MultiPolygon",
      coordinates: [[[[x, 0], [x + 1, 0], [x, 1], [x, 0]]]],
    },
    properties: { classification: { name } },
  });
  const features = [feature("glomerulus", 1), feature("vessel", 2)];
  const collection = { type: "FeatureCollection", features };
  for (const root of [collection, features]) {
    const { annotations } = await readGeoJsonPolygons([
      JSON.stringify(root),
    ]);
    assertEquals(annotations.map(({ name }) => name), ["glomerulus", "vessel"]);
    assertEquals(annotations[1].polygons, [[
      Float64Array.of(2, 0, 3, 0, 2, 1, 2, 0),
    ]]);
  }
});

Deno.test("readGeoJsonPolygons() says what it cannot read", async () => {
  const read = (value: unknown) => () =>
    readGeoJsonPolygons([
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
  const circle = { type: "Feature", geometry: { type: "Circle" } };
  await assertRejects(read(circle), TypeError, 'received "Circle"');
  await assertRejects(read("{"), SyntaxError, "not JSON");
  await assertRejects(read({ objects: 3 }), SyntaxError, "received {");
  const torn = {
    type: "Feature",
    geometry: { type: "Polygon", coordinates: [[[1, null]]] },
  };
  await assertRejects(read(torn), SyntaxError, "received [1,null]");
});
