import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  areaOf,
  crossesItself,
  inWords,
  lengthOf,
  type Point,
} from "./measurement.ts";

const mpp = { x: 0.5, y: 0.25 };
const rectangle: Point[] = [[10, 10], [50, 10], [50, 90], [10, 90]];

Deno.test("lengthOf() takes each axis in its own scale", () => {
  assertEquals(lengthOf([[0, 0], [30, 40]]), 50);
  assertEquals(lengthOf([[0, 0], [6, 16]], mpp), 5);
  assertAlmostEquals(lengthOf([...rectangle, rectangle[0]], mpp), 80);
});

Deno.test("areaOf() is that of the polygon, either way around", () => {
  assertEquals(areaOf(rectangle), 3200);
  assertEquals(areaOf(rectangle.toReversed()), 3200);
});

Deno.test("crossesItself() knows bows from polygons", () => {
  assertEquals(crossesItself(rectangle), false);
  const [a, b, c, d] = rectangle;
  assertEquals(crossesItself([a, c, b, d]), true);
  assertEquals(crossesItself([a, b, c]), false);
});

Deno.test("inWords() says µm and mm, or pixels where the scale is unknown", () => {
  const words = (points: readonly Point[], scale?: typeof mpp) =>
    inWords({ kind: points.length > 2 ? "area" : "distance", points }, scale);
  assertEquals(words([[0, 0], [6, 16]], mpp), "5 µm");
  assertEquals(words([[0, 0], [8000, 0]], mpp), "4 mm");
  assertEquals(words([[0, 0], [3000.4, 4000]]), "5,000 px");
  assertEquals(words(rectangle, mpp), "400 µm², 80 µm around");
  assertEquals(words(rectangle), "3,200 px², 240 px around");
  assertEquals(
    words([rectangle[0], rectangle[2], rectangle[1], rectangle[3]]),
    "its lines cross",
  );
});
