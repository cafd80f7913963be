import { assertEquals } from "@std/assert";
import { summarizeMask, writeSummary } from "./summarize_mask.ts";
import { namesIn, withFolder } from "../../tests/helpers/masks.ts";

Deno.test("summarizeMask() draws areas together in px and µm²", () => {
  const summary = summarizeMask({
    slide: { name: "kidney", width: 100, height: 10, mpp: { x: 0.5, y: 2 } },
    areas: [30, 4, 10, 6],
    tiles: { seen: 3, skipped: 5 },
    settings: { threshold: 0.5 },
    model: ["fold0.pth"],
    milliseconds: { read: 12 },
  });
  const areas = { total: 50, mean: 12.5, median: 8, min: 4, max: 30 };
  assertEquals(summary, {
    schema: "tilewise-summary/1",
    slide: { name: "kidney", width: 100, height: 10, mpp: { x: 0.5, y: 2 } },
    settings: { threshold: 0.5 },
    model: ["fold0.pth"],
    objects: { count: 4, areaPx: areas, areaUm2: areas },
    positiveFraction: 0.05,
    tiles: { seen: 3, skipped: 5 },
    milliseconds: { read: 12 },
  });
});

Deno.test("summarizeMask() takes slides without objects and scale", () => {
  const slide = { name: "blank", width: 1, height: 1, readRegion: () => {} };
  assertEquals(
    summarizeMask({ slide, areas: [], tiles: { seen: 0, skipped: 1 } }),
    {
      schema: "tilewise-summary/1",
      slide: { name: "blank", width: 1, height: 1 },
      objects: {
        count: 0,
        areaPx: { total: 0, mean: 0, median: 0, min: 0, max: 0 },
      },
      positiveFraction: 0,
      tiles: { seen: 0, skipped: 1 },
    },
  );
});

Deno.test("writeSummary() writes JSON", async () => {
  await withFolder(async (folder) => {
    const slide = { name: "kidney", width: 2, height: 2 };
    const summary = summarizeMask({
      slide,
      areas: [1],
      tiles: { seen: 1, skipped: 0 },
    });
    await writeSummary(`${folder}/a.json`, summary);
    assertEquals(
      JSON.parse(await Deno.readTextFile(`${folder}/a.json`)),
      summary,
    );
    assertEquals(namesIn(folder), ["a.json"]);
  });
});
