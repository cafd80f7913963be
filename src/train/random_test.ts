import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random } from "./random.ts";

Deno.test("Random() gives the same numbers for the same keys, and others for others", () => {
  const draw = (...keys: number[]) => {
    const random = new Random(...keys);
    return Array.from({ length: 4 }, () => random.next());
  };
  assertEquals(draw(1, 2), draw(1, 2));
  // On every machine and in every version: what a checkpoint goes on with depends on it.
  assertEquals(draw(1, 2), PINNED);
  const keys = [[], [0], [0, 0], [1], [-1], [2 ** 40], [1, 2], [2, 1]];
  const firsts = keys.map((list) => draw(...list)[0]);
  assertEquals(new Set(firsts).size, keys.length);
  assertThrows(() => new Random(0.5), RangeError, "received 0.5");
});

const PINNED = [2921247059, 1062756151, 2482003646, 1230392651];

Deno.test("Random draws uniform and normal numbers of the right moments", () => {
  const random = new Random(7);
  const count = 20000;
  const moments = (draw: () => number) => {
    const values = Array.from({ length: count }, draw);
    const mean = values.reduce((a, b) => a + b) / count;
    const square = values.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
    return [mean, Math.sqrt(square)];
  };
  // Five standard errors of the mean, and about as many of the deviation.
  const near = (actual: number[], [mean, deviation]: number[]) =>
    actual.every((value, i) =>
      Math.abs(value - [mean, deviation][i]) <
        5 * deviation / Math.sqrt(count)
    );
  assert(near(moments(() => random.uniform(2, 4)), [3, 1 / Math.sqrt(3)]));
  assert(near(moments(() => random.normal()), [0, 1]));
  assert(near(moments(() => random.integer(5)), [2, Math.SQRT2]));
  assert(near(moments(() => Number(random.chance(0.3))), [0.3, 0.4583]));
});

Deno.test("Random.shuffle() keeps all items and favors no order", () => {
  const random = new Random(3);
  const seen = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = random.shuffle([1, 2, 3]).join("");
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  assertEquals(seen.size, 6);
  // 1000 each, with a deviation of 29.
  assert([...seen.values()].every((count) => Math.abs(count - 1000) < 150));
});
