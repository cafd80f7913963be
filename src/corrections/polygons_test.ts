import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { measureRings } from "./feature_rings.ts";
import {
  type Combination,
  combine,
  normalize,
  type Rings,
  toGeometry,
} from "./polygons.ts";

const square = (x: number, y: number, side: number) => [
  ...[x, y, x + side, y, x + side, y + side, x, y + side],
];
const areaOf = (rings: Rings) => measureRings(rings).area;

Deno.test("combine() adds, subtracts and intersects areas", () => {
  const [one, other] = [[square(0, 0, 10)], [square(5, 5, 10)]];
  assertEquals(areaOf(combine(one, other, "union")), 175);
  assertEquals(areaOf(combine(one, other, "difference")), 75);
  assertEquals(combine(one, other, "intersection"), [
    [5, 5, 10, 5, 10, 10, 5, 10],
  ]);
  assertEquals(combine(one, [square(20, 20, 1)], "intersection"), []);
  assertEquals(combine(one, [square(-1, -1, 99)], "difference"), []);
  const ring = combine(one, [square(2, 2, 4)], "difference");
  assertEquals([ring.length, areaOf(ring)], [2, 84]);
  assertEquals(combine(ring, [square(2, 2, 4)], "union"), [square(0, 0, 10)]);
  // Squares side by side become one, without the corners between them.
  const wide = combine(one, [square(10, 0, 10)], "union");
  assertEquals(wide, [[0, 0, 20, 0, 20, 10, 0, 10]]);
});

Deno.test("normalize() uncrosses rings, inside what an odd number encloses, in steps of 1/100 pixel", () => {
  const bowTie = normalize([[0, 0, 10, 10, 10, 0, 0, 10]]);
  assertEquals(bowTie.map((ring) => areaOf([ring])), [25, 25]);
  assertEquals(normalize([square(0, 0, 4), square(0, 0, 4)]), []);
  assertEquals(areaOf(normalize([square(0, 0, 6), square(1, 1, 2)])), 32);
  assertEquals(normalize([[0, 0, 5, 5, 9, 9]]), []);
  assertEquals(normalize([]), []);
  // There and back again is no area.
  assertEquals(normalize([[0, 0, 4, 0, 4, 4, 9, 4, 4, 4, 0, 4]]), [
    square(0, 0, 4),
  ]);
  const far = normalize([[99999.987, 1.234, 99999.999, 99, 0, 50.005]])[0];
  assertEquals(
    far.every((value) => value === Math.round(value * 100) / 100),
    true,
  );
  assertEquals(normalize([far]), [far]);
});

Deno.test("toGeometry() makes polygons of what touches: neither a ring nor two meet but in points, and each inside is connected", () => {
  const typeOf = (rings: Rings) => {
    const geometry = toGeometry(rings);
    return geometry?.type === "MultiPolygon"
      ? geometry.coordinates.map((polygon) => polygon.length)
      : geometry?.coordinates.length;
  };
  assertEquals(toGeometry([square(0, 0, 2)]), {
    type: "Polygon",
    coordinates: [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]],
  });
  assertEquals(toGeometry([[0, 0, 1, 1, 2, 2]]), undefined);
  // Pixels that touch at a corner; a diamond that touches all sides; one that touches two; holes that touch each other.
  assertEquals(typeOf([square(0, 0, 1), square(1, 1, 1)]), [1, 1]);
  assertEquals(typeOf([square(0, 0, 8), [4, 0, 8, 4, 4, 8, 0, 4]]), [
    1,
    1,
    1,
    1,
  ]);
  assertEquals(typeOf([square(0, 0, 8), [0, 4, 4, 2, 8, 4, 4, 6]]), [1, 1]);
  assertEquals(typeOf([square(0, 0, 8), [4, 0, 6, 4, 2, 4]]), 2);
  assertEquals(typeOf([square(0, 0, 9), square(2, 2, 2), square(4, 4, 2)]), 3);
  // An island in a hole.
  assertEquals(
    typeOf([square(0, 0, 9), square(1, 1, 7), square(3, 3, 3)]),
    [2, 1],
  );
});

/** A generator of numbers from 0 to 1, the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

Deno.test("combine() is right for scribbles far from the origin, on whole pixels and between them", () => {
  const random = numbers(7);
  const next = () => random.next().value;
  for (let trial = 0; trial < 45; trial++) {
    const grid = [1, 0.01, 1e-9][trial % 3];
    const [x, y] = [Math.round(next() * 1e5), Math.round(next() * 1e5)];
    const scribble = () =>
      Array.from(
        { length: 2 * (3 + Math.floor(next() * 12)) },
        (_, i) => (i % 2 === 0 ? x : y) + Math.round(next() * 8 / grid) * grid,
      );
    const [one, other] = [[scribble(), scribble()], [scribble()]];
    const results = new Map<Combination, Rings>();
    for (const how of ["union", "difference", "intersection"] as const) {
      const rings = combine(one, other, how);
      results.set(how, rings);
      expectSimple(rings);
      assertEquals(normalize(rings), rings, "simple rings stay");
      for (let i = 0; i < 20; i++) {
        const point = [x + next() * 8, y + next() * 8];
        if ([...one, ...other].some((ring) => distance(ring, point) < 0.05)) {
          continue;
        }
        const [a, b] = [isInside(one, point), isInside(other, point)];
        const expected = how === "union"
          ? a || b
          : how === "difference"
          ? a && !b
          : a && b;
        assertEquals(isInside(rings, point), expected, `${trial} ${how}`);
      }
    }
    const [union, difference, intersection] = [...results.values()].map(areaOf);
    const [a, b] = [areaOf(normalize(one)), areaOf(normalize(other))];
    assertAlmostEquals(union, a + b - intersection, 0.5);
    assertAlmostEquals(difference, a - intersection, 0.5);
  }
});

function isInside(rings: Rings, [x, y]: readonly number[]): boolean {
  let inside = false;
  for (const ring of rings) {
    for (const [ax, ay, bx, by] of sidesOf(ring)) {
      if (ay > y !== by > y && x < ax + (y - ay) / (by - ay) * (bx - ax)) {
        inside = !inside;
      }
    }
  }
  return inside;
}

function sidesOf(ring: readonly number[]): number[][] {
  const sides: number[][] = [];
  for (let i = 0; i < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    sides.push([ring[i], ring[i + 1], ring[next], ring[next + 1]]);
  }
  return sides;
}

function distance(ring: readonly number[], [x, y]: readonly number[]): number {
  return Math.min(
    ...sidesOf(ring).map(([ax, ay, bx, by]) => {
      const [dx, dy] = [bx - ax, by - ay];
      const part = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
      const at = Math.min(1, Math.max(0, part));
      return Math.hypot(x - ax - at * dx, y - ay - at * dy);
    }),
  );
}

/** Checks that no sides cross, and no ring meets a corner twice. */
function expectSimple(rings: Rings): void {
  const sides = rings.flatMap(sidesOf)
    .map((side) => side.map((value) => Math.round(value * 100)));
  const turn = (a: number[], x: number, y: number) =>
    Math.sign((a[2] - a[0]) * (y - a[1]) - (a[3] - a[1]) * (x - a[0]));
  for (const [i, a] of sides.entries()) {
    for (const b of sides.slice(i + 1)) {
      const crosses = turn(a, b[0], b[1]) * turn(a, b[2], b[3]) < 0 &&
        turn(b, a[0], a[1]) * turn(b, a[2], a[3]) < 0;
      assert(!crosses, `${a} crosses ${b}`);
    }
  }
  for (const ring of rings) {
    const corners = sidesOf(ring).map(([x, y]) => `${x},${y}`);
    assertEquals(new Set(corners).size, corners.length);
  }
}

Deno.test("normalize() refuses scribbles that cross themselves tens of thousands of times", () => {
  const random = numbers(1);
  const ring = Array.from({ length: 2000 }, () => random.next().value * 5000);
  assertThrows(
    () => normalize([ring]),
    RangeError,
    "Cannot combine outlines: they are too entangled",
  );
});
