import { assert, assertEquals, assertMatch } from "@std/assert";
import { curveChart, type CurveChartOptions } from "./curve_chart.ts";
import { page } from "./page.ts";

/** What is written on the y axis, bottom up, and on the x axis. */
function ticksOf(svg: string): { y: string[]; x: string[] } {
  const texts = (anchor: string) =>
    [...svg.matchAll(
      new RegExp(`text-anchor="${anchor}">([^<]*)</text>`, "g"),
    )].map(([, text]) => text);
  return { y: texts("end"), x: texts("middle").slice(0, -1) };
}

/** As it stands in a page. */
const chart = (options: CurveChartOptions) => String(curveChart(options));

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
  const svg = chart({ ...options, logarithmic: true });
  assertEquals(svg.match(/<polyline/g)?.length, 2);
  assertEquals(svg.match(/<circle/g)?.length, 1);
  // Zero has no logarithm, but a place on a straight axis.
  assertEquals(chart(options).match(/<circle/g), null);
});

Deno.test("curveChart() begins and ends where it should", () => {
  const svg = chart({
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
  assertMatch(svg, /<polyline stroke="red" points="0,/);
  assertMatch(svg, /<line class="mark" x1="100%" x2="100%"/);
  const few = chart({ ...plain, curves: [], from: 1, until: 2 });
  assertEquals(ticksOf(few).x, ["1", "2"]);
});

Deno.test("curveChart() writes shares in per cent and spreads by the logarithm", () => {
  const curves = [curve([[0, 0.031], [64, 0.004]])];
  const share = chart({ ...plain, curves, level: 0.01, percent: true });
  assertEquals(ticksOf(share).y, ["0 %", "1 %", "2 %", "3 %", "4 %"]);
  assertEquals(share.match(/class="mark"/g)?.length, 1);
  const spread = chart({ ...plain, curves, logarithmic: true });
  assertEquals(ticksOf(spread).y, [
    "0.002",
    "0.005",
    "0.01",
    "0.02",
    "0.05",
  ]);
});

Deno.test("curveChart() fits its axis to a curve that is asked to fill it, in full digits", () => {
  const dice = [0.931, 0.9412, 0.9605, 0.968];
  const curves = [curve(dice.map((y, i) => [i + 1, y]))];
  const fitted = chart({ ...plain, curves, fit: true });
  assertEquals(ticksOf(fitted).y, ["0.93", "0.94", "0.95", "0.96", "0.97"]);
  const [low, high] = [230, 10]; // pixels from the top
  const places = [...fitted.matchAll(/points="([^"]*)"/g)][0][1].split(" ")
    .map((place) => Number(place.split(",")[1]));
  assertEquals(places.length, 4);
  const spread = Math.max(...places) - Math.min(...places);
  assert(spread > 0.8 * (low - high), `${spread} px of ${low - high}`);
  assertEquals(ticksOf(chart({ ...plain, curves })).y[0], "0");

  const close = [curve([[1, 0.9301], [2, 0.9307]])];
  assertEquals(
    ticksOf(chart({ ...plain, curves: close, fit: true })).y,
    ["0.93", "0.9302", "0.9304", "0.9306", "0.9308"],
  );
  for (const values of [[0.5], [0], [1, 1], []]) {
    const curves = [curve(values.map((y, i) => [i, y]))];
    const svg = chart({ ...plain, curves, fit: true });
    assert(!/NaN|Infinity/.test(svg), svg);
  }
  // Small numbers have no exponents.
  const rates = [curve([[0, 1e-6], [1, 4e-6]])];
  assertEquals(ticksOf(chart({ ...plain, curves: rates })).y, [
    "0",
    "0.000001",
    "0.000002",
    "0.000003",
    "0.000004",
  ]);
});

Deno.test("curveChart() and its text are not scaled with the page", () => {
  const svg = chart({ ...plain, curves: [curve([[0, 1], [1, 2]])] });
  assertMatch(svg, /<svg class="curves" style="height: 274px; [^"]*" role/);
  assert(!/class="curves"[^>]*viewBox/.test(svg));
  assertMatch(
    page.css,
    /\.histogram,\s*\.curves \{[^}]*overflow: visible;\s*font-size: 12px/,
  );
});

Deno.test("curveChart() lets no name become markup", () => {
  const curves = [{ ...curve([[0, 1]]), name: "<b>" }];
  const html = chart({ ...plain, title: "<i>", curves });
  assert(!/<b>|<i>/.test(html));
});
