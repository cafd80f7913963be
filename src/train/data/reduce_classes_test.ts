import { assertEquals } from "@std/assert";
import { areaDownsample } from "../../tiles/area_downsample.ts";
import { countValues, reduceClasses } from "./reduce_classes.ts";

Deno.test("reduceClasses() gives each pixel the class that covers most of it", () => {
  const [width, height, factor] = [8, 4, 4];
  const blocks = (left: readonly number[], right: readonly number[]) =>
    Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return (x < 4 ? left : right)[y * 4 + x % 4];
    });
  const of = (...runs: readonly [count: number, value: number][]) =>
    runs.flatMap(([count, value]) => Array<number>(count).fill(value));
  const reduce = (values: Uint8Array) => [...reduceClasses(
    values,
    (gray) => areaDownsample(gray, { width, height, factor, channels: 1 }),
  )];
  // Most, though not half; never the mean of the numbers 1 and 3.
  assertEquals(
    reduce(blocks(of([5, 0], [7, 3], [4, 1]), of([8, 1], [8, 3]))),
    [3, 1],
  );
  // Background counts, too, but not before a class of the same area.
  assertEquals(
    reduce(blocks(of([7, 0], [5, 1], [4, 2]), of([8, 0], [8, 2]))),
    [0, 2],
  );
  assertEquals(reduce(new Uint8Array(32)), [0, 0]);
  assertEquals(reduce(new Uint8Array(32).fill(255)), [255, 255]);
});

Deno.test("countValues() counts the pixels of each class", () => {
  assertEquals(countValues(Uint8Array.of(0, 2, 2, 1, 0, 2), 3), [1, 3, 0]);
});
