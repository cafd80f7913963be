import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Random } from "../../train/random.ts";
import { outlineLength } from "./outline.ts";
import { draw, largest } from "../../../tests/helpers/masks.ts";

const square = { x: 1, y: 1 };

/** How far off the length of a disc's edge is, relative to it. */
function discError(
  radius: number,
  { random, pixel = square }: { random: Random; pixel?: typeof square },
): number {
  const { x, y } = pixel;
  const cx = radius / x + 1 + random.uniform(0, 1);
  const cy = radius / y + 1 + random.uniform(0, 1);
  const mask = draw(
    Math.ceil(2 * radius / x) + 4,
    Math.ceil(2 * radius / y) + 4,
    (u, v) => Math.hypot((u - cx) * x, (v - cy) * y) < radius,
  );
  const length = outlineLength(largest(mask).rings, pixel);
  return length / (2 * Math.PI * radius) - 1;
}

Deno.test("outlineLength() is within 2 % for discs of 20 px and more, wherever their centers lie", () => {
  const random = new Random(1);
  for (let i = 0; i < 400; i++) {
    const radius = 10 + 190 * random.uniform(0, 1) ** 3;
    const error = discError(radius, { random });
    assert(
      Math.abs(error) < (radius < 20 ? 0.02 : 0.01),
      `radius ${radius}: ${error}`,
    );
  }
});

for (const pixel of [{ x: 0.25, y: 0.5 }, { x: 1.3, y: 1 }, { x: 3, y: 1 }]) {
  Deno.test(`outlineLength() is within 2 % for discs of pixels of ${pixel.x} × ${pixel.y} µm`, () => {
    const random = new Random(2);
    const side = Math.max(pixel.x, pixel.y);
    for (let i = 0; i < 100; i++) {
      const radius = side * random.uniform(10, 60);
      const error = discError(radius, { random, pixel });
      assert(Math.abs(error) < 0.02, `radius ${radius}: ${error}`);
    }
  });
}

Deno.test("outlineLength() keeps rectangles, lines and single pixels as long as they are", () => {
  for (const [width, height] of [[1, 1], [1, 50], [2, 2], [20, 20], [3, 70]]) {
    const { rings } = largest(draw(width, height, () => true));
    assertAlmostEquals(outlineLength(rings), 2 * (width + height), 1e-9);
    const um = outlineLength(rings, { x: 0.5, y: 2 });
    assertAlmostEquals(um, width + 4 * height, 1e-9);
  }
});

Deno.test("outlineLength() is within 2 % for squares at any angle", () => {
  for (let degrees = 0; degrees <= 90; degrees += 2.5) {
    const [c, s] = [Math.cos, Math.sin].map((f) => f(degrees / 180 * Math.PI));
    const mask = draw(640, 640, (x, y) => {
      const [u, v] = [x - 320.3, y - 319.8];
      return Math.abs(c * u + s * v) < 200 && Math.abs(c * v - s * u) < 200;
    });
    const error = outlineLength(largest(mask).rings) / 1600 - 1;
    assert(Math.abs(error) < 0.02, `${degrees}°: ${error}`);
  }
});

Deno.test("outlineLength() counts the edges of holes", () => {
  const mask = draw(220, 220, (x, y) => {
    const r = Math.hypot(x - 110.2, y - 109.9);
    return r < 100 && r > 40;
  });
  const length = outlineLength(largest(mask).rings);
  assert(Math.abs(length / (2 * Math.PI * 140) - 1) < 0.01, `${length}`);
});

Deno.test("outlineLength() takes stairs of 1 and 2 pixels for a slope, of 3 for stairs", () => {
  const stairs = (side: number) => {
    const corners = [0, 0];
    for (let i = 0; i < 20 * side; i += side) {
      corners.push(i + side, i, i + side, i + side);
    }
    const ring = Int32Array.from([...corners, 0, 20 * side]);
    return outlineLength([ring]) / (80 * side);
  };
  const slope = (2 + Math.SQRT2) / 4;
  assertAlmostEquals(stairs(1), slope, 0.02);
  assertAlmostEquals(stairs(2), slope, 0.02);
  assertEquals(stairs(3), 1);
});
