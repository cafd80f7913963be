import { assertEquals } from "@std/assert";
import { readMapRun } from "./read_map_run.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-run-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const settings = {
  ...{ threshold: 0.375, minArea: "500 µm²", simplify: 0.5 },
  class: "tubule",
};
const mpp = { x: 0.5, y: 0.25 };
const slide = { name: "a", width: 9, height: 9, mpp };
const classes = [{ name: "Tumor", color: "#ff0000", objects: {} }, {
  name: "Stroma",
  color: "#0000ff",
}];

/** Reads the run of maps beside a summary. */
async function read(summary: unknown, maps = ["a.probability.tif"]) {
  await Deno.writeTextFile(`${folder}/a.json`, JSON.stringify(summary));
  return await readMapRun(maps.map((name) => `${folder}/${name}`));
}

Deno.test("readMapRun() reads threshold, minimum area in pixels, tolerance and class beside a map", async () => {
  assertEquals(await read({ settings, slide }), {
    ...{ threshold: 0.375, minArea: 4000, simplify: 0.5 },
    classes: [{ name: "tubule" }],
  });
  const pixels = { ...settings, minArea: "7.5 px" };
  assertEquals((await read({ settings: pixels, slide: {} }))?.minArea, 7.5);
  const none = { ...settings, minArea: "0 µm²" };
  assertEquals((await read({ settings: none, slide: {} }))?.minArea, 0);
});

Deno.test("readMapRun() reads the classes of several maps, or of the one that is shown", async () => {
  const summary = { settings, slide, classes };
  const named = [1, 2].map((k) => `a.probability-${k}.tif`);
  const known = classes.map(({ name, color }) => ({ name, color }));
  assertEquals((await read(summary, named))?.classes, known);
  assertEquals((await read(summary, named.slice(1)))?.classes, known.slice(1));
  assertEquals(await read({ settings, slide }, named), undefined);
});

Deno.test("readMapRun() knows nothing of maps with another name, without a summary, or with one that is odd", async () => {
  assertEquals(await read({ settings, slide }, ["a.tif"]), undefined);
  assertEquals(
    await read({ settings, slide }, ["b.probability.tif"]),
    undefined,
  );
  assertEquals(await read({ settings }), undefined);
  assertEquals(
    await read({ settings: { ...settings, threshold: "1" } }),
    undefined,
  );
  assertEquals(
    await read({ settings: { ...settings, minArea: "1 mm²" }, slide }),
    undefined,
  );
  assertEquals(await read({ settings, slide: {} }), undefined); // no scale
  assertEquals(await read(null), undefined);
});
