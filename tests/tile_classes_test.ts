// Tiles of several classes, through the command, and back.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decode } from "fast-png";
import { tile } from "../src/cli/tile.ts";
import { tileFolderSamples } from "../src/train/data/tile_folder_samples.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-classes-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
await Deno.mkdir(`${folder}/slides`);
for (const name of ["a", "b"]) {
  const page = { width: 64, height: 64, pixels: noise(64, 64) };
  await Deno.writeFile(`${folder}/slides/${name}.tif`, await makeTiff([page]));
}
const feature = (name: string, left: number, right: number) => ({
  type: "Feature",
  geometry: {
    type: "Polygon",
    coordinates: [[[left, 0], [right, 0], [right, 32], [left, 32], [left, 0]]],
  },
  properties: { classification: { name, color: [left, 2, 3] } },
});
const labels = `${folder}/labels`;
await Deno.mkdir(labels);
const annotations = {
  a: [feature("Glomerulus", 2, 12), feature("Artery", 20, 27)],
  b: [feature("Artery", 0, 9)],
};
for (const [name, features] of Object.entries(annotations)) {
  const text = JSON.stringify(features);
  await Deno.writeTextFile(`${labels}/${name}.geojson`, text);
}

const { signal } = new AbortController();
function run(out: string, more: readonly string[]) {
  return captureConsole(() =>
    tile([
      ...[`${folder}/slides`, "--labels", labels, "--out", `${folder}/${out}`],
      ...["--quiet", "--saturation", "0", "--tile", "32", ...more],
    ], { signal })
  );
}
const several = ["--class", "Artery", "--class", "Glomerulus"];

Deno.test("tile writes the numbers of several classes in their colors, and train reads them", async () => {
  const { code, error } = await run("tiles", several); // one pixel of four
  assertEquals([code, error], [0, ""]);
  const out = `${folder}/tiles`;
  const { classes } = JSON.parse(await Deno.readTextFile(`${out}/tiles.json`));
  assertEquals(classes, [
    { name: "Artery", color: "#140203" },
    { name: "Glomerulus", color: "#020203" },
  ]);
  const [header, first] = (await Deno.readTextFile(`${out}/index.csv`))
    .split("\n");
  assertEquals(header, "slide,x,y,file,mask,tissue,positive,classes");
  // Of the artery, 20 to 27, the last half pixel belongs to it.
  assertEquals(first.split(",").slice(6), [
    String(16 * 9),
    `${16 * 4} ${16 * 5}`,
  ]);
  const png = decode(await Deno.readFile(`${out}/masks/a_0000.png`));
  assertEquals(png.palette, [[0, 0, 0], [20, 2, 3], [2, 2, 3]]);
  assertEquals([...png.data.subarray(0, 16)], [
    ...[0, 2, 2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0],
  ]);
  const source = await tileFolderSamples(out);
  assertEquals(source.classes, classes);
  assertEquals(source.samples.map(({ counts }) => counts), [[64, 80], [80, 0]]);
  const { mask } = await source.read(source.samples[0]);
  assertEquals(mask.subarray(0, 16), Uint8Array.from(png.data.subarray(0, 16)));
});

Deno.test("tile refuses annotations of other classes, or leaves them out aloud", async () => {
  await assertRejects(
    () => run("vein", [...several, "--class", "Vein"]),
    RangeError,
    'of class "Vein": no label has this class, only Artery (2), Glomerulus (1)',
  );
  const path = `${labels}/b.geojson`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(
    path,
    JSON.stringify([...JSON.parse(text), feature("Nerve", 30, 32)]),
  );
  const { code, error } = await run("nerve", several);
  assertEquals(code, 1);
  assertStringIncludes(
    error,
    "not among Artery, Glomerulus: Nerve (1); add --class for each, or leave them out with --ignore-class NAME",
  );
  const ignored = await run("rest", [...several, "--ignore-class", "Nerve"]);
  assertEquals(ignored.code, 0);
  assertStringIncludes(ignored.error, "left out: Nerve (1)");
  await Deno.writeTextFile(path, text);
});

Deno.test("tileFolderSamples() refuses classes that do not fit", async () => {
  const out = `${folder}/broken`;
  await run("broken", several);
  const json = JSON.parse(await Deno.readTextFile(`${out}/tiles.json`));
  const index = await Deno.readTextFile(`${out}/index.csv`);
  const cases: [classes: unknown, index: string, says: string][] = [
    ["Artery", index, "they must be a list of names and colors"],
    [[{ name: "a" }, { name: "a" }], index, 'two classes have the name "a"'],
    [json.classes.slice(1), index, "line 2 must hold slide,x,y"],
    [
      undefined,
      index,
      "the header must be slide,x,y,file,mask,tissue,positive,",
    ],
    [json.classes, index.replace(",classes", ""), "positive,classes, received"],
  ];
  for (const [classes, text, says] of cases) {
    const summary = JSON.stringify({ ...json, classes });
    await Deno.writeTextFile(`${out}/tiles.json`, summary);
    await Deno.writeTextFile(`${out}/index.csv`, text);
    await assertRejects(() => tileFolderSamples(out), SyntaxError, says);
  }
});
