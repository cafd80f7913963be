import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { convexHull, maxDiameter } from "./convex_hull.ts";
import { draw, largest, randomMask } from "../../../tests/helpers/masks.ts";

const turn = (hull: readonly number[], i: number) => {
  const [ax, ay, bx, by, cx, cy] = Array.from(
    { length: 6 },
    (_, k) => hull[(i + k) % hull.length],
  );
  return (bx - ax) * (cy - by) - (by - ay) * (cx - bx);
};

Deno.test("convexHull() is convex, of the ring's corners, and holds them all", () => {
  for (let seed = 0; seed < 40; seed++) {
    const mask = randomMask(3 + seed % 29, 2 + seed % 23, {
      seed,
      density: 0.65,
    });
    const ring = largest(mask).rings[0];
    const hull = convexHull(ring);
    const corners = new Set<string>();
    for (let i = 0; i < ring.length; i += 2) {
      corners.add(`${ring[i]} ${ring[i + 1]}`);
    }
    for (let i = 0; i < hull.length; i += 2) {
      assert(corners.has(`${hull[i]} ${hull[i + 1]}`));
      assert(turn(hull, i) > 0);
      const [x, y] = hull.slice(i, i + 2);
      const [u, v] = [0, 1].map((k) => hull[(i + 2 + k) % hull.length]);
      for (let k = 0; k < ring.length; k += 2) {
        const side = (u - x) * (ring[k + 1] - y) - (v - y) * (ring[k] - x);
        assert(side >= 0, `corner ${k} of seed ${seed} lies outside`);
      }
    }
  }
});

Deno.test("convexHull() takes triangles, apex up or down", () => {
  assertEquals(convexHull(Int32Array.of(0, 0, 6, 0, 3, 4)).length, 6);
  assertEquals(convexHull(Int32Array.of(3, 0, 6, 4, 0, 4)).length, 6);
  assertEquals(convexHull(Int32Array.of(0, 0, 3, 0, 6, 0, 3, 4)).length, 6);
});

Deno.test("maxDiameter() is the largest distance of any two corners", () => {
  for (let seed = 0; seed < 40; seed++) {
    const mask = randomMask(2 + seed % 31, 2 + seed % 17, {
      seed,
      density: 0.7,
    });
    const ring = largest(mask).rings[0];
    for (const pixel of [{ x: 1, y: 1 }, { x: 0.5, y: 2 }]) {
      let most = 0;
      for (let i = 0; i < ring.length; i += 2) {
        for (let k = 0; k < i; k += 2) {
          const [dx, dy] = [ring[i] - ring[k], ring[i + 1] - ring[k + 1]];
          most = Math.max(most, Math.hypot(dx * pixel.x, dy * pixel.y));
        }
      }
      assertAlmostEquals(maxDiameter(convexHull(ring), pixel), most, 1e-9);
    }
  }
  const { rings } = largest(draw(30, 40, () => true));
  assertEquals(maxDiameter(convexHull(rings[0])), 50);
});
