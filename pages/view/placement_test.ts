import { assertAlmostEquals } from "@std/assert";
import { Placement } from "./placement.ts";

const place = new Placement({ x: 30, y: -20, zoom: 0.25, angle: 0.7 });

Deno.test("Placement leads from the slide to the screen and back", () => {
  const [x, y] = place.toScreen(400, 0);
  assertAlmostEquals(x, 30 + 100 * Math.cos(0.7), 1e-9);
  assertAlmostEquals(y, -20 + 100 * Math.sin(0.7), 1e-9);
  const [back, down] = place.toSlide(...place.toScreen(123, 456));
  assertAlmostEquals(back, 123, 1e-9);
  assertAlmostEquals(down, 456, 1e-9);
});

Deno.test("Placement says what is in sight, rotated or not", () => {
  const straight = new Placement({ x: 10, y: 20, zoom: 2 });
  const { left, top, right, bottom } = straight.inSight(100, 60);
  assertAlmostEquals(left, -5);
  assertAlmostEquals(top, -10);
  assertAlmostEquals(right, 45);
  assertAlmostEquals(bottom, 20);
  const turned = new Placement({ x: 0, y: 0, zoom: 1, angle: Math.PI / 2 });
  const seen = turned.inSight(100, 60);
  assertAlmostEquals(seen.right, 60, 1e-9);
  assertAlmostEquals(seen.top, -100, 1e-9);
});

Deno.test("Placement moves a drawing from another placement to its own", () => {
  const other = new Placement({ x: -5, y: 8, zoom: 0.5, angle: -0.2 });
  const [a, b, c, d, e, f] = place.from(other).match(/-?[\d.]+(e-?\d+)?/g)!
    .map(Number);
  const [x, y] = other.toScreen(300, 200);
  const [expectedX, expectedY] = place.toScreen(300, 200);
  assertAlmostEquals(a * x + c * y + e, expectedX, 1e-6);
  assertAlmostEquals(b * x + d * y + f, expectedY, 1e-6);
});
