import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  bandsOf,
  type Mask,
  randomMask,
} from "../../../tests/helpers/masks.ts";
import type { MaskPolygon } from "./outline.ts";
import { Polygonizer } from "./polygonizer.ts";
import { simplifyPolygon } from "./simplify_polygon.ts";

async function polygonsOf(mask: Mask): Promise<MaskPolygon[]> {
  const polygons: MaskPolygon[] = [];
  const onPolygon = (polygon: MaskPolygon) => void polygons.push(polygon);
  const polygonizer = new Polygonizer({ ...mask, onPolygon });
  for (const band of bandsOf(mask)) polygonizer.write(band);
  await polygonizer.close();
  return polygons;
}

/** A disc with a hole. */
function ring(side: number, [outer, inner]: [number, number]): Mask {
  const middle = (side - 1) / 2;
  const mask = Uint8Array.from({ length: side * side }, (_, i) => {
    const r = Math.hypot(i % side - middle, Math.floor(i / side) - middle);
    return r < outer && r > inner ? 1 : 0;
  });
  return { mask, width: side, height: side };
}

type Point = readonly [number, number];
type Side = readonly [Point, Point];

function pointsOf(ring: Int32Array): Point[] {
  return Array.from(
    { length: ring.length / 2 },
    (_, i) => [ring[i * 2], ring[i * 2 + 1]],
  );
}

function sidesOf(rings: readonly Int32Array[]): Side[] {
  return rings.map(pointsOf).flatMap((points) =>
    points.map((a, i): Side => [a, points[(i + 1) % points.length]])
  );
}

const turn = (a: Point, b: Point, c: Point): number =>
  Math.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));

/** Whether two sides share more than a corner of both. */
function cross([a, b]: Side, [c, d]: Side): boolean {
  const same = (p: Point, q: Point) => p[0] === q[0] && p[1] === q[1];
  const on = (p: Point, q: Point, r: Point) =>
    turn(p, q, r) === 0 && !same(p, r) && !same(q, r) &&
    Math.min(p[0], q[0]) <= r[0] && r[0] <= Math.max(p[0], q[0]) &&
    Math.min(p[1], q[1]) <= r[1] && r[1] <= Math.max(p[1], q[1]);
  if (on(a, b, c) || on(a, b, d) || on(c, d, a) || on(c, d, b)) return true;
  return turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
}

function distance([x, y]: Point, [[ax, ay], [bx, by]]: Side): number {
  const dx = bx - ax, dy = by - ay;
  const t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
  const at = Math.max(0, Math.min(1, t));
  return Math.hypot(x - ax - at * dx, y - ay - at * dy);
}

const cases: [string, Mask][] = [
  ["a disc with a hole", ring(61, [28, 12])],
  ["a thin circle", ring(41, [18, 16])],
  ...[0.55, 0.6, 0.7].map((density, seed): [string, Mask] => [
    `noise of density ${density}`,
    randomMask(40, 40, { seed, density }),
  ]),
];
for (const [what, mask] of cases) {
  for (const tolerance of [0.75, 1.5, 4]) {
    Deno.test(`simplifyPolygon() keeps the topology of ${what} at ${tolerance} px`, async () => {
      for (const polygon of await polygonsOf(mask)) {
        const { rings, area, perimeter } = simplifyPolygon(polygon, {
          tolerance,
        });
        assertEquals([rings.length, area], [
          polygon.rings.length,
          polygon.area,
        ]);
        assertEquals(perimeter, polygon.perimeter);
        const sides = sidesOf(rings);
        sides.forEach((a, i) => {
          for (const b of sides.slice(i + 1)) {
            assert(!cross(a, b), `${a} crosses ${b}`);
          }
        });
        rings.forEach((ring, i) => {
          const own = sidesOf([ring]);
          for (const point of pointsOf(polygon.rings[i])) {
            const least = Math.min(...own.map((side) => distance(point, side)));
            assert(least <= tolerance + 1e-9, `${point} is ${least} away`);
          }
        });
      }
    });
  }
}

Deno.test("simplifyPolygon() leaves out most of a disc's corners", async () => {
  const [polygon] = await polygonsOf(ring(201, [95, 40]));
  const corners = ({ rings }: MaskPolygon) =>
    rings.reduce((sum, ring) => sum + ring.length / 2, 0);
  const simple = simplifyPolygon(polygon, { tolerance: 1 });
  assert(corners(simple) < corners(polygon) / 4, `${corners(simple)}`);
  assertEquals(simple.traced, polygon.rings);
  assertEquals(simplifyPolygon(polygon, { tolerance: 0 }), polygon);
  assertThrows(
    () => simplifyPolygon(polygon, { tolerance: -1 }),
    RangeError,
    "0 or more, received -1",
  );
});
