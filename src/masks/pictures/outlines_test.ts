import { assertEquals } from "@std/assert";
import { drawLayer, Outlines } from "./outlines.ts";

/** City-block distance to the next pixel that is covered, or that is not. */
function distance(
  coverage: Uint8Array,
  { width, at, covered }: { width: number; at: number; covered: boolean },
): number {
  const [x, y] = [at % width, Math.floor(at / width)];
  let least = Infinity;
  coverage.forEach((value, other) => {
    if (value > 0 !== covered) return;
    const [u, v] = [other % width, Math.floor(other / width)];
    least = Math.min(least, Math.abs(u - x) + Math.abs(v - y));
  });
  return least;
}

for (const [width, height] of [[1, 1], [31, 17], [900, 9]]) {
  Deno.test(`Outlines of ${width} × ${height} are a line inside the edge, a rim outside, and a tint`, () => {
    const thickness = width === 900 ? 2 : 1;
    const coverage = Uint8Array.from(
      { length: width * height },
      (_, at) => {
        const [x, y] = [at % width, Math.floor(at / width)];
        return x > 3 && x < 25 && y < 14 && x % 16 ? 20 + x * y % 200 : 0;
      },
    );
    const outlines = new Outlines(coverage, { width, height });
    for (let y = 0; y < height; y++) {
      const row = outlines.row(y);
      for (let x = 0; x < width; x++) {
        const at = y * width + x, value = coverage[at];
        const to = { width, at, covered: value === 0 };
        const expected = value > 0
          ? distance(coverage, to) <= thickness
            ? [0, 255, 70, 255]
            : [0, 230, 90, Math.round(0.18 * value)]
          : distance(coverage, to) <= 1
          ? [0, 40, 20, 191]
          : [0, 0, 0, 0];
        assertEquals([...row.subarray(x * 4, x * 4 + 4)], expected);
      }
    }
  });
}

Deno.test("drawLayer() lays colors over others by their opacity", () => {
  const picture = Uint8Array.of(100, 100, 100, 100, 100, 100);
  drawLayer(picture, Uint8Array.of(200, 0, 100, 51, 9, 9, 9, 0));
  assertEquals([...picture], [120, 80, 100, 100, 100, 100]);
});
