import { assert, assertEquals } from "@std/assert";
import { areaHistogram } from "./area_histogram.ts";

/** Lower edge, upper edge and count of each bar, from its title. */
function bars(areas: number[]): [number, number, number][] {
  const svg = String(areaHistogram(areas, { unit: "px" }));
  assert(!/NaN|Infinity|undefined/.test(svg), svg);
  const number = (text: string) => Number(text.replaceAll(",", ""));
  return Array.from(
    svg.matchAll(/<title>(\S+) to (\S+) px: (\S+)<\/title>/g),
    ([, from, to, count]) => [number(from), number(to), number(count)],
  );
}

const cases: Record<string, number[]> = {
  "one object": [7],
  "equal objects": [5, 5, 5],
  "some objects": [1, 10, 12, 20, 24, 24, 30],
  "a fraction": [0.02, 0.05],
  "specks and a giant": [...Array(50).fill(1), 3, 4000, 90_000],
};
for (const [what, areas] of Object.entries(cases)) {
  Deno.test(`areaHistogram() counts each of ${what} once`, () => {
    const list = bars(areas);
    assertEquals(list.reduce((sum, [, , n]) => sum + n, 0), areas.length);
    assert(list.length <= 40, `${list.length} bars`);
    assert(Math.max(...areas) <= list.at(-1)![1] * 1.01);
    assert(list[0][0] <= Math.min(...areas) * 1.01);
  });
}

Deno.test("areaHistogram() says that there are no objects", () => {
  assertEquals(String(areaHistogram([], { unit: "px" })), "<p>No objects.</p>");
});
