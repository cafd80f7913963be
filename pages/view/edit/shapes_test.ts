import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  areaOf,
  chords,
  enclosed,
  penStroke,
  pieces,
  simplifiedLine,
  within,
} from "./shapes.ts";

function square(x: number, y: number, side: number): number[] {
  return [x, y, x + side, y, x + side, y + side, x, y + side];
}

Deno.test("penStroke() covers what is within its radius of a line", () => {
  const dot = penStroke([[50, 50]], { radius: 10, error: 0.01 });
  assertEquals(dot.length, 1);
  assertAlmostEquals(areaOf(dot), Math.PI * 100, 1);
  const line = penStroke([[50, 50, 90, 50]], { radius: 10, error: 0.01 });
  assertAlmostEquals(areaOf(line), 800 + Math.PI * 100, 1);
  // A closed line leaves a hole.
  const ring = penStroke([[0, 0, 100, 0, 100, 100, 0, 100, 0, 0]], {
    radius: 10,
    error: 0.01,
  });
  assertEquals(ring.length, 2);
  assertEquals(pieces(ring).length, 1);
});

Deno.test("enclosed() fills all that a ring goes around, however it crosses itself", () => {
  // A pentagram: its middle is gone around twice.
  const star = [0, 1, 2, 3, 4].flatMap((i) => {
    const angle = i * 0.8 * Math.PI;
    return [100 + 50 * Math.sin(angle), 100 - 50 * Math.cos(angle)];
  });
  const area = areaOf(enclosed(star));
  assertAlmostEquals(area, 2806, 5);
  assertEquals(enclosed([0, 0, 10, 10, 10, 0, 0, 10]).length, 2);
  assertEquals(enclosed([0, 0, 10, 10, 5, 5]), []);
});

Deno.test("within() cuts off what lies outside the slide", () => {
  const slide = { width: 100, height: 50 };
  assertEquals(areaOf(within([square(-5, -5, 10)], slide)), 25);
  assertEquals(areaOf(within([square(95, 45, 10)], slide)), 25);
  assertEquals(areaOf(within([square(1, 1, 10)], slide)), 100);
  assertEquals(within([square(200, 1, 10)], slide), []);
});

Deno.test("pieces() keeps holes with what is around them", () => {
  const found = pieces([
    square(0, 0, 30),
    square(5, 5, 20),
    square(10, 10, 5), // an island in the hole
    square(50, 0, 10),
  ]);
  assertEquals(found.map(areaOf).sort((a, b) => a - b), [25, 100, 500]);
});

Deno.test("chords() gives the parts of a line that run from edge to edge", () => {
  const shape = [square(0, 0, 10), square(20, 0, 10)];
  const lengths = (line: number[]) =>
    chords(line, shape).map(([ax, ay, bx, by]) => Math.hypot(ax - bx, ay - by));
  assertEquals(lengths([-5, 5, 35, 5]), [10, 10]);
  assertEquals(lengths([-5, 5, 25, 5]), [10]); // ends in the second
  assertEquals(lengths([2, 5, 8, 5]), []);
  assertEquals(lengths([-5, 50, 35, 50]), []);
});

Deno.test("simplifiedLine() stays within its tolerance", () => {
  const line = Array.from(
    { length: 200 },
    (_, i) => [i, 20 * Math.sin(i / 20)],
  );
  const flat = simplifiedLine(line.flat(), 0.5);
  assert(flat.length < 60, `${flat.length}`);
  assertEquals(flat.slice(0, 2), line[0]);
  assertEquals(flat.slice(-2), line.at(-1));
  for (const [x, y] of line) {
    const far = Math.min(
      ...Array.from({ length: flat.length / 2 - 1 }, (_, i) => {
        const [ax, ay, bx, by] = flat.slice(2 * i, 2 * i + 4);
        const [dx, dy] = [bx - ax, by - ay];
        const t = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy);
        const at = Math.min(Math.max(t, 0), 1);
        return Math.hypot(ax + at * dx - x, ay + at * dy - y);
      }),
    );
    assert(far <= 0.5);
  }
});
