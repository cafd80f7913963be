import { assertEquals, assertRejects } from "@std/assert";
import {
  MAX_GEOJSON_DEPTH,
  MAX_GEOJSON_FEATURE,
  MAX_GEOJSON_POINTS,
  MAX_GEOJSON_RINGS,
} from "../io/limits.ts";
import { GeoJsonSplitter } from "./geojson_splitter.ts";
import { readGeoJsonPolygons } from "./read_geojson_polygons.ts";

function split(text: string, length: number) {
  const splitter = new GeoJsonSplitter();
  const features: string[] = [];
  for (let at = 0; at < text.length; at += length) {
    features.push(...splitter.take(text.slice(at, at + length)));
  }
  return { features, ...splitter.end() };
}

Deno.test("GeoJsonSplitter splits collections and arrays, in pieces of any length", () => {
  const a = '{"x":"],[ \\"","y":[1,[2]]}', b = ' {"features":[{}]} ';
  const files: readonly [string, string[], string][] = [
    [`[${a},${b}]`, [a, b], "[]"],
    [
      `{"type":"F","features" : [${a},${b}],"z":[1]}`,
      [a, b],
      '{"type":"F","features" : [],"z":[1]}',
    ],
    [`{"z":[[1]],"features":[${a}]}`, [a], '{"z":[[1]],"features":[]}'],
    ['{"features":[ ]}', [], '{"features":[]}'],
    ["[]", [], "[]"],
    ["[1,]", ["1", ""], "[]"],
    ['[{"a":[1,2]', [], "["],
  ];
  for (const [text, features, document] of files) {
    for (let length = 1; length <= text.length; length++) {
      const expected = { features, document, hasArray: true };
      assertEquals(split(text, length), expected);
    }
  }
  for (
    const text of [
      '{"a":"\\"features\\":[","b":{"features":[1,2]}}',
      '{"\\"features":[1,2]}',
      `{"features":${" ".repeat(99)}[1,2]}`,
      "3",
    ]
  ) {
    for (let length = 1; length <= text.length; length++) {
      const expected = { features: [], document: text, hasArray: false };
      assertEquals(split(text, length), expected);
    }
  }
});

/** A feature with a polygon whose coordinates are given as JSON. */
function polygon(coordinates: string, rest = ""): string {
  return `{"type":"Feature","geometry":{"type":"Polygon","coordinates":${coordinates}}${rest}}`;
}

const refuses = (pieces: readonly string[], reason: string) =>
  assertRejects(
    () => readGeoJsonPolygons(pieces),
    RangeError,
    `Cannot read GeoJSON: ${reason}`,
  );

Deno.test("readGeoJsonPolygons() reads features within a collection alone", async () => {
  const square = polygon("[[[0,0],[1,0],[1,1]]]");
  const { annotations } = await readGeoJsonPolygons([
    `{"features":[${square},${square}]`,
    ',"type":"FeatureCollection"}',
  ]);
  assertEquals(annotations.length, 2);
  for (
    const text of [
      `{"type":"Feature","features":[${square}],"geometry":null}`,
      `{"features":[${square}]}`,
      `{"type":"FeatureCollection","features":{}}`,
      `{"type":"FeatureCollection","features":[${square}`,
      `{"type":"FeatureCollection","features":[${square},]}`,
      `{"type":"FeatureCollection","features":[${square}}`,
      `[${square}]]`,
    ]
  ) {
    await assertRejects(
      () => readGeoJsonPolygons([text]),
      SyntaxError,
      "Cannot read GeoJSON: ",
    );
  }
});

Deno.test("readGeoJsonPolygons() limits the length of a feature", async () => {
  const empty = polygon("[[[0,0]]]", ',"id":""');
  const rest = "x".repeat(MAX_GEOJSON_FEATURE - empty.length);
  const feature = polygon("[[[0,0]]]", `,"id":"${rest}"`);
  assertEquals(feature.length, MAX_GEOJSON_FEATURE);
  for (const pieces of [[`[${feature}]`], ["[", feature, "]"], [feature]]) {
    const { annotations } = await readGeoJsonPolygons(pieces);
    assertEquals(annotations.length, 1);
  }
  const reason = `a feature has more than ${MAX_GEOJSON_FEATURE} characters`;
  await refuses([`[ ${feature}]`], reason);
  await refuses(["[ ", feature, "]"], reason);
  await refuses([" ", feature], reason);
});

Deno.test("readGeoJsonPolygons() limits nesting", async () => {
  const nested = (depth: number) => {
    let geometry = '{"type":"Polygon","coordinates":[[[0,0]]]}';
    for (let i = 0; i < depth; i++) {
      geometry = `{"type":"GeometryCollection","geometries":[${geometry}]}`;
    }
    return [`[{"type":"Feature","geometry":${geometry}}]`];
  };
  // The root's array, feature and geometry, and three levels of coordinates.
  const most = (MAX_GEOJSON_DEPTH - 6) / 2;
  const { annotations } = await readGeoJsonPolygons(nested(most));
  assertEquals(annotations.length, 1);
  const reason = `it is nested more than ${MAX_GEOJSON_DEPTH} deep`;
  await refuses(nested(most + 1), reason);
  await refuses(nested(20_000), reason);
  await refuses(["[".repeat(1e6)], reason);
  await refuses(['{"type":'.repeat(1e6)], reason);
});

Deno.test("readGeoJsonPolygons() limits rings and points, and holds only these", async () => {
  const rings = (count: number) => polygon(`[${Array(count).fill("[[0,0]]")}]`);
  const most = await readGeoJsonPolygons([rings(MAX_GEOJSON_RINGS)]);
  assertEquals(most.annotations[0].polygons[0].length, MAX_GEOJSON_RINGS);
  await refuses(
    [rings(MAX_GEOJSON_RINGS + 1)],
    `its polygons have more than ${MAX_GEOJSON_RINGS} rings; `,
  );

  const count = 2 ** 20;
  const feature = polygon(`[[${Array(count).fill("[0,0]")}]]`);
  const features = Array<string>(MAX_GEOJSON_POINTS / count).fill(feature);
  const pieces = features.flatMap((one) => [",", one]).slice(1);
  const many = await readGeoJsonPolygons(["[", ...pieces, "]"]);
  assertEquals(many.annotations.length, features.length);
  await refuses(
    ["[", ...pieces, ",", polygon("[[[0,0]]]"), "]"],
    `its polygons have more than ${MAX_GEOJSON_POINTS} points; `,
  );
});
