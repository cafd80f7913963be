import { keepLevel } from "../src/run/keep_level.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { ShortRun } from "./helpers/short_run.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("keepLevel() writes the bytes that infer writes at a threshold between two of a map's values", async () => {
  await using run = await ShortRun.create({ least: true });
  const minArea = { value: 3, unit: "px" } as const;
  const [first, second] = [run.out(), run.out()];
  await run.infer(first, { minArea, threshold: 0.5 });
  const path = `${first}/b.probability.tif`;
  await using map = await openSlide(path);
  const { width, height } = map;
  const rgb = await map.readRegion({ x: 0, y: 0, width, height });
  const middle = rgb.toSorted()[rgb.length >> 1];
  // A byte stands for all probabilities that are nearest to it.
  const threshold = (middle + 0.5) / 255;
  const { folder } = await keepLevel([path], { threshold });
  await run.infer(second, { minArea, threshold });
  const [kept, expected] = [folder, second].map((out) => run.results(out));
  const [{ ...found }, inferred] = await Promise.all([kept, expected]);
  assert(inferred["b.geojson"].split("\n").length > 4, "several objects");
  assertEquals(Object.keys(found).length, 5);
  for (const [name, text] of Object.entries(found)) {
    assertEquals(text, inferred[name], name);
  }
});
