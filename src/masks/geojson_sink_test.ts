import { assert, assertEquals } from "@std/assert";
import type { MaskPolygon } from "./mask_polygon.ts";
import type { PolygonFeature } from "./polygon_feature.ts";
import { GeoJsonSink } from "./geojson_sink.ts";
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
      onPolygon: (polygon: MaskPolygon) => void polygons.push(polygon),
    };
    await writeBands(streamed(bandsOf(mask, heights)), [
      new GeoJsonSink(path, options),
    ]);
    text = await Deno.readTextFile(path);
  });
  return { text, polygons };
}

Deno.test("GeoJsonSink writes closed rings, holes, measurements and classes", async () => {
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
    id: "00000000-0000-8000-8300-000000000000",
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
      measurements: { "area px": 8, "perimeter px": 16, "area µm²": 1 },
    },
  }]);
});

Deno.test("GeoJsonSink writes the same file for any bands, each id once", async () => {
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

Deno.test("GeoJsonSink writes an empty collection for an empty mask", async () => {
  const { text } = await written({
    width: 2,
    height: 2,
    mask: new Uint8Array(4),
  }, [1]);
  assertEquals(JSON.parse(text), { type: "FeatureCollection", features: [] });
});
