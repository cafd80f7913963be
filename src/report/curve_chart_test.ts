import { assertEquals, assertMatch } from "@std/assert";
import { curveChart } from "./curve_chart.ts";

/** What is written on the y axis, bottom up, and on the x axis. */
function ticksOf(svg: string): { y: string[]; x: string[] } {
  const texts = (anchor: string) =>
    [...svg.matchAll(
      new RegExp(`text-anchor="${anchor}">([^<]*)</text>`, "g"),
    )].map(([, text]) => text);
  return { y: texts("end"), x: texts("middle").slice(0, -1) };
}

const plain = { title: "t", x: "x" };
const curve = (points: [number, number][]) => ({
  name: "a",
  color: "red",
  points,
});

Deno.test("curveChart() leaves gaps for what is not known", () => {
  const values = [1, 2, NaN, 4, 0, 5, 6];
  const options = {
    ...plain,
    curves: [curve(values.map((y, i) => [i + 1, y]))],
    from: 1,
  };
  const svg = curveChart({ ...options, logarithmic: true });
  assertEquals(svg.match(/<polyline/g)?.length, 2);
  assertEquals(svg.match(/<circle/g)?.length, 1);
  // Zero has no logarithm, but a place on a straight axis.
  assertEquals(curveChart(options).match(/<circle/g), null);
});

Deno.test("curveChart() begins and ends where it should", () => {
  const svg = curveChart({
    ...plain,
    curves: [curve([[1, 0.2], [3, 0.9]])],
    from: 1,
    until: 50,
    mark: 50,
  });
  assertEquals(ticksOf(svg), {
    y: ["0", "0.2", "0.4", "0.6", "0.8", "1"],
    x: ["1", "10", "20", "30", "40", "50"],
  });
  assertMatch(svg, /<polyline stroke="red" points="56,/);
  assertMatch(svg, /<line class="mark" x1="624" x2="624"/);
  const few = curveChart({ ...plain, curves: [], from: 1, until: 2 });
  assertEquals(ticksOf(few).x, ["1", "2"]);
});

Deno.test("curveChart() writes shares in per cent and spreads by the logarithm", () => {
  const curves = [curve([[0, 0.031], [64, 0.004]])];
  const share = curveChart({ ...plain, curves, level: 0.01, percent: true });
  assertEquals(ticksOf(share).y, ["0 %", "1 %", "2 %", "3 %", "4 %"]);
  assertEquals(share.match(/class="mark"/g)?.length, 1);
  const spread = curveChart({ ...plain, curves, logarithmic: true });
  assertEquals(ticksOf(spread).y, [
    "0.002",
    "0.005",
    "0.01",
    "0.02",
    "0.05",
  ]);
});
