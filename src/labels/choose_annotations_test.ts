import { assertEquals, assertThrows } from "@std/assert";
import { chooseAnnotations } from "./choose_annotations.ts";
import {
  type Annotation,
  normalizeClass,
  readGeoJsonPolygons,
} from "./read_geojson_polygons.ts";

const size = { width: 100, height: 50 };

function annotation(name?: string, box = [1, 1, 3, 3]): Annotation {
  const [left, top, right, bottom] = box;
  const ring = [left, top, right, top, right, bottom, left, bottom, left, top];
  return { name, polygons: [[Float64Array.from(ring)]] };
}
const of = (...names: (string | undefined)[]) =>
  names.map((name) => annotation(name));
const choose = (
  annotations: readonly Annotation[],
  options: { classification?: string; preferred?: string } = {},
) => {
  const { chosen, warnings } = chooseAnnotations(annotations, {
    ...size,
    ...options,
  });
  return [chosen.map(({ name }) => name), warnings] as const;
};

Deno.test("chooseAnnotations() takes the one class there is, and lists several with their counts", () => {
  assertEquals(choose(of("Tumor", "Tumor")), [["Tumor", "Tumor"], []]);
  assertEquals(choose(of(undefined)), [[undefined], []]);
  assertEquals(choose([]), [[], []]);
  const several = of("Stroma", "Tumor", "Tumor", undefined);
  assertThrows(
    () => choose(several),
    RangeError,
    "several classes, Tumor (2), Stroma (1), unclassified (1); choose one with --class NAME, several by repeating it, or all as one with --class '*'",
  );
  assertThrows(() => choose(of("Tumor: Positive", "Tumor")), RangeError);
  assertEquals(choose(several, { classification: "*" })[0].length, 4);
  assertEquals(choose(several, { preferred: "Tumor" })[0].length, 2);
  assertEquals(choose(of("Stroma"), { preferred: "Tumor" })[0], ["Stroma"]);
  assertEquals(choose(several, { classification: "unclassified" })[0], [
    undefined,
  ]);
});

Deno.test("chooseAnnotations() takes a class with those derived from it, and no other", () => {
  const all = of("Tumor", "Tumor: Positive", "Tumor 2", "Stroma: Tumor");
  assertEquals(choose(all, { classification: "Tumor" }), [
    ["Tumor", "Tumor: Positive"],
    [],
  ]);
  for (const classification of ["Tumor: Positive", "Tumor:Positive"]) {
    assertEquals(choose(all, { classification }), [["Tumor: Positive"], []]);
  }
  assertEquals(choose(of("Tumor"), { classification: "Stroma" }), [[], [
    "no annotation is of class Stroma, so that its mask is empty: there are Tumor (1)",
  ]]);
});

Deno.test("chooseAnnotations() leaves out what QuPath ignores, and says so, unless it is asked for", () => {
  const all = of("Tumor", "Ignore*", "Ignore*", "Region*: Positive");
  const left = [
    "annotations of classes that QuPath ignores are left out: Ignore* (2), Region*: Positive (1); --class takes one",
  ];
  assertEquals(choose(all), [["Tumor"], left]);
  assertEquals(choose(all, { classification: "*" }), [["Tumor"], left]);
  assertEquals(choose(all, { classification: "Tumor" }), [["Tumor"], []]);
  assertEquals(choose(all, { classification: "Ignore*" }), [
    ["Ignore*", "Ignore*"],
    [],
  ]);
});

Deno.test("chooseAnnotations() leaves out rectangles without a class around the whole slide, and says so", () => {
  const whole = annotation(undefined, [0, 0, 100, 50]);
  const left = ["1 unclassified rectangle around the whole slide left out"];
  assertEquals(choose([whole]), [[], left]);
  assertEquals(choose([whole, ...of("Tumor")]), [["Tumor"], left]);
  assertEquals(choose([whole, ...of("Tumor")], { classification: "*" }), [
    ["Tumor"],
    left,
  ]);
  const larger = annotation(undefined, [-1, -1, 101, 49.9]);
  assertEquals(choose([larger]), [[], left]);
  const half = annotation(undefined, [0, 0, 100, 25]);
  assertEquals(choose([half]), [[undefined], []]);
  const outer = whole.polygons[0][0];
  const hollow = { polygons: [[outer, outer.map((value) => value / 2)]] };
  assertEquals(choose([hollow]), [[undefined], []]);
  const named = annotation("Tissue", [0, 0, 100, 50]);
  assertEquals(choose([named]), [["Tissue"], []]);
});

Deno.test("readGeoJsonPolygons() counts what has no area, and reads classes as each version of QuPath writes them", async () => {
  const coordinates = [[[0, 0], [1, 0], [0, 1], [0, 0]]];
  const polygon = { type: "Polygon", coordinates };
  const point = { type: "Point", coordinates: [1, 2] };
  const line = { type: "LineString", coordinates: [[1, 2], [3, 4]] };
  const feature = (geometry: unknown, properties?: unknown) => ({
    type: "Feature",
    geometry,
    properties,
  });
  const classed = (classification: unknown) =>
    feature(polygon, { classification });
  const root = [
    { type: "FeatureCollection", features: [classed({ name: "A: B" })] },
    classed({ names: ["A", "B"] }),
    classed({ names: ["A"] }),
    classed({ name: "A", colorRGB: -1 }),
    classed(null),
    feature(polygon, null),
    polygon,
    feature({ type: "GeometryCollection", geometries: [point, polygon, line] }),
    feature({
      type: "MultiPolygon",
      coordinates: [coordinates, coordinates, []],
    }),
    feature(point),
    feature(null),
    { type: "Feature" },
    feature({ type: "Polygon", coordinates: [] }),
    feature(polygon, { objectType: "tma_core" }),
  ];
  const { annotations, skipped } = await readGeoJsonPolygons([
    JSON.stringify(root),
  ]);
  assertEquals(
    annotations.map(({ name, polygons }) => [name, polygons.length]),
    [
      ["A: B", 1],
      ["A: B", 1],
      ["A", 1],
      ["A", 1],
      ...Array(4).fill([undefined, 1]),
      [undefined, 2],
    ],
  );
  assertEquals([...skipped], [
    ["point", 2],
    ["line", 1],
    ["empty annotation", 3],
    ["TMA core", 1],
  ]);
  const single = await readGeoJsonPolygons([JSON.stringify(polygon)]);
  const [one] = single.annotations;
  assertEquals(one.polygons.length, 1);
  assertEquals(normalizeClass("A :B"), "A: B");
});
