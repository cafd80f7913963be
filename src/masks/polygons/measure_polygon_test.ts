import { draw, largest, randomMask } from "../../../tests/helpers/masks.ts";
import { convexHull, maxDiameter, measurePolygon } from "./measure_polygon.ts";
import { simplifyPolygon } from "./simplify_polygon.ts";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";

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

const disc = draw(130, 130, (x, y) => Math.hypot(x - 65.3, y - 64.6) < 60);

Deno.test("measurePolygon() gives the same measures of a simplified outline", () => {
  const ragged = draw(150, 120, (x, y) => {
    const [u, v] = [x - 70.4, y - 60.2];
    const r = Math.hypot(u, v), angle = Math.atan2(v, u);
    return r < 40 + 9 * Math.sin(7 * angle) && r > 12;
  });
  const polygon = largest(ragged);
  for (const mpp of [undefined, { x: 0.5, y: 0.5 }, { x: 0.25, y: 0.4 }]) {
    const measures = measurePolygon(polygon, { mpp });
    for (const tolerance of [0.75, 2, 6]) {
      const simple = simplifyPolygon(polygon, { tolerance });
      assert(simple.rings[0].length < polygon.rings[0].length);
      assertEquals(measurePolygon(simple, { mpp }), measures);
      const again = simplifyPolygon(simple, { tolerance: 8 });
      assertEquals(measurePolygon(again, { mpp }), measures);
    }
  }
});

Deno.test("measurePolygon() calls a disc round, solid, and as wide as it is", () => {
  const measures = measurePolygon(largest(disc), { mpp: { x: 0.5, y: 0.5 } });
  assert(Math.abs(measures.circularity - 1) < 0.02, `${measures.circularity}`);
  assert(measures.solidity > 0.98 && measures.solidity < 1);
  assert(Math.abs(measures.maxDiameterUm! - 60) < 0.75);
  assertAlmostEquals(measures.maxDiameterPx, 2 * measures.maxDiameterUm!, 1e-9);
  assertAlmostEquals(measures.perimeterPx, 2 * measures.perimeterUm!, 1e-9);
  assert(Math.abs(measures.center.x - 65.3) < 0.1);
  assert(Math.abs(measures.center.y - 64.6) < 0.1);
  // Small objects are known too coarsely to be told from a disc.
  const plus = draw(3, 3, (x, y) => Math.abs(x - 1.5) + Math.abs(y - 1.5) < 2);
  assertEquals(measurePolygon(largest(plus)).circularity, 1);
});

Deno.test("measurePolygon() tells squares, lines and crescents from discs", () => {
  const square = measurePolygon(largest(draw(40, 40, () => true)));
  assertAlmostEquals(square.circularity, Math.PI / 4, 1e-12);
  assertEquals(square.solidity, 1);
  assertEquals([square.areaPx, square.perimeterPx], [1600, 160]);
  const line = measurePolygon(largest(draw(99, 1, () => true)));
  assert(line.circularity < 0.04);
  const half = draw(41, 41, (x, y) => x < 21 || y > 20);
  const { solidity } = measurePolygon(largest(half));
  assertAlmostEquals(solidity, (41 * 41 - 400) / (41 * 41 - 200), 1e-12);
});

Deno.test("measurePolygon() measures in µm where pixels are not square", () => {
  const ellipse = draw(130, 70, (x, y) => Math.hypot(x - 65, 2 * y - 70) < 60);
  const mpp = { x: 0.25, y: 0.5 };
  const measures = measurePolygon(largest(ellipse), { mpp });
  assert(Math.abs(measures.perimeterUm! / (30 * Math.PI) - 1) < 0.01);
  assert(Math.abs(measures.circularity - 1) < 0.02);
  assert(Math.abs(measures.maxDiameterUm! - 30) < 0.75);
  assertEquals(measures.areaUm2, measures.areaPx / 8);
});
