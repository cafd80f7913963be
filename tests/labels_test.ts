// Labels through the commands. The last tests read files that are not part of the project.
import { evaluate } from "../src/cli/evaluate.ts";
import { tile } from "../src/cli/tile.ts";
import { parseTrainOptions, trainCommand } from "../src/cli/train.ts";
import { UsageError } from "../src/errors/cannot.ts";
import { openLabels } from "../src/labels/open_labels.ts";
import { openTrainingSlides } from "../src/run/training_slides.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { openView } from "../src/view/open_view.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { decode } from "fast-png";

const folder = await Deno.makeTempDir({ prefix: "tilewise-labels-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const { signal } = new AbortController();
const size = { width: 64, height: 64 };
const tiff = await makeTiff([{ ...size, pixels: noise(64, 64) }]);
for (const name of ["a", "b"]) {
  await Deno.mkdir(`${folder}/slides`, { recursive: true });
  await Deno.writeFile(`${folder}/slides/${name}.tif`, tiff);
}
const slides = `${folder}/slides`;

function feature(
  name: string | undefined,
  [left, top, right, bottom]: readonly number[],
): unknown {
  const coordinates = [[
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ]];
  const classification = name === undefined ? undefined : { name };
  return {
    type: "Feature",
    geometry: { type: "Polygon", coordinates },
    properties: { classification },
  };
}

async function writeLabels(
  name: string,
  files: Readonly<Record<string, unknown>>,
): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path);
  for (const [slide, features] of Object.entries(files)) {
    const text = JSON.stringify(features);
    await Deno.writeTextFile(`${path}/${slide}.geojson`, text);
  }
  return path;
}

const labels = await writeLabels("labels", {
  a: [
    feature("Tumor: Positive", [8, 8, 24, 24]),
    feature("Stroma", [32, 32, 40, 40]),
    feature("Ignore*", [0, 0, 8, 8]),
    feature(undefined, [0, 0, 64, 64]),
  ],
  b: [feature("Stroma", [0, 0, 10, 10])],
});
const empty = await writeLabels("empty", { a: [], b: [] });

/** Runs `tile` and sums up the labelled pixels of its tiles. */
async function tilePixels(
  slide: string,
  args: readonly string[],
): Promise<{ code: number; error: string; pixels?: number }> {
  const out = await Deno.makeTempDir({ dir: folder });
  const { code, error } = await captureConsole(() =>
    tile([
      ...[slide, ...args, "--out", out, "--quiet", "--saturation", "0"],
      ...["--tile", "32", "--downsample", "1"],
    ], { signal })
  );
  const index = await Deno.readTextFile(`${out}/index.csv`)
    .catch(() => undefined);
  const pixels = index?.trim().split("\n").slice(1)
    .reduce((sum, line) => sum + Number(line.split(",")[6]), 0);
  return { code, error, pixels };
}

Deno.test("tile takes a class and those derived from it, and says what it leaves out", async () => {
  const args = ["--labels", labels];
  const tumor = await tilePixels(slides, [...args, "--class", "Tumor"]);
  assertEquals(tumor, {
    code: 0,
    error:
      'tilewise: "b": no annotation is of class Tumor, so that its mask is empty: there are Stroma (1)\n',
    pixels: 256,
  });
  const all = await tilePixels(slides, [...args, "--class", "*"]);
  assertEquals(all.pixels, 256 + 64 + 100);
  assertStringIncludes(all.error, "QuPath ignores are left out: Ignore* (1)");
  assertStringIncludes(all.error, "around the whole slide left out");
  const ignored = await tilePixels(slides, [...args, "--class", "Ignore*"]);
  assertEquals(ignored.pixels, 64);
});

Deno.test("tile refuses several classes and a class that no label has, and writes nothing", async () => {
  const args = ["--labels", labels];
  const several = await tilePixels(`${slides}/a.tif`, args);
  assertEquals([several.code, several.pixels], [1, undefined]);
  assertStringIncludes(
    several.error,
    "several classes, Stroma (1), Tumor: Positive (1); choose one with --class NAME, several by repeating it, or all as one with --class '*'",
  );
  for (
    const [name, meant] of [["tumor", "Tumor"], ["Strom", "Stroma"]] as const
  ) {
    await assertRejects(
      () => tilePixels(slides, [...args, "--class", name]),
      RangeError,
      `of class "${name}": no label has this class, only Stroma (2), Ignore* (1), Tumor: Positive (1), unclassified (1); did you mean "${meant}"?`,
    );
  }
  await assertRejects(
    () => tilePixels(slides, ["--labels", empty, "--class", "Tumor"]),
    RangeError,
    "no label has a class",
  );
});

Deno.test("evaluate reads predictions of several classes by the labels' class", async () => {
  const args = [`${slides}/a.tif`, "--labels", labels, "--predicted", labels];
  const run = (more: readonly string[]) =>
    captureConsole(() => evaluate([...args, ...more], { signal }));
  const { code, out, error } = await run(["--class", "Tumor"]);
  assertEquals([code, error], [0, ""]);
  assertStringIncludes(out, "a (predicted): Dice 1.0000");
  assertEquals((await run([])).code, 1);
});

Deno.test("train --class takes a class, and refuses one that no label has", async () => {
  const opened = async (classification?: string) => {
    await using training = await openTrainingSlides(slides, {
      labels: [labels],
      classification,
    });
    const masks = training.slides.map(({ labels }) =>
      labels.readRegion({ x: 0, y: 0, ...size })
    );
    return (await Promise.all(masks))
      .map((mask) => mask.reduce((sum, value) => sum + value, 0));
  };
  assertEquals(await opened("Stroma"), [64, 100]);
  await assertRejects(() => opened(), RangeError, "several classes");
  const args = [
    ...["--slides", slides, "--labels", labels, "--out", `${folder}/run`],
    ...["--folds", "2", "--tile", "32", "--quiet"],
  ];
  assertEquals(
    parseTrainOptions([...args, "--class", "Stroma"])?.classification,
    "Stroma",
  );
  await assertRejects(
    () => trainCommand([...args, "--class", "Vessel"], { signal }),
    RangeError,
    'of class "Vessel": no label has this class, only Stroma (2)',
  );
  await assertRejects(
    () =>
      trainCommand(["--tiles", "t", "--out", "o", "--class", "x"], { signal }),
    UsageError,
    "--class needs --labels or --pseudo",
  );
});

Deno.test("view shows a mask of small ids in 16 bits as white", async () => {
  const pixels = new Uint8Array(64 * 64 * 2);
  for (let i = 0; i < 64 * 32; i++) pixels[i * 2] = 1 + i % 9;
  const page = { ...size, pixels, samples: 1, sampleBytes: 2 };
  const mask = `${folder}/ids.tif`;
  await Deno.writeFile(mask, await makeTiff([page]));
  await using view = await openView(`${slides}/a.tif`, { mask });
  const layer = view.layers.get("mask")!;
  const place = { column: 0, row: 0 };
  const png = await layer.tile(layer.description.maxZoom, place);
  const { data } = decode(png);
  assertEquals([...data], [...Array(2048).fill(255), ...Array(2048).fill(0)]);
});

// What follows reads public cases, each of one slide whose true mask has 10,092 pixels; skipped where they are missing.
const cases = new URL("../../shared/data/cases/labels/", import.meta.url);
const names = await Deno.stat(cases).then(
  () =>
    [...Deno.readDirSync(cases)]
      .filter(({ name, isDirectory }) => isDirectory && name !== "pred")
      .map(({ name }) => name).sort(),
  () => [],
);
if (names.length === 0) {
  Deno.test.ignore({
    name: "labels of public cases: need ../shared, which is missing",
    fn() {},
  });
}
const PIXELS = 10092;

/** The bytes of an 8-bit array that NumPy saved. */
async function readNpy(path: URL): Promise<Uint8Array> {
  const bytes = await Deno.readFile(path);
  const view = new DataView(bytes.buffer);
  return bytes.subarray(10 + view.getUint16(8, true));
}

for (const name of names) {
  const path = decodeURIComponent(new URL(name, cases).pathname);
  const slide = decodeURIComponent(new URL("s.tif", cases).pathname);
  Deno.test(`openLabels(), tile, evaluate and train read ${name} as it is: needs ../shared`, async () => {
    const truth = await readNpy(new URL("truth.npy", cases));
    await using opened = await openSlide(slide);
    const { width, height } = opened;
    const labels = await openLabels(path);
    await using source = await labels.open(opened);
    const mask = await source!.readRegion({ x: 0, y: 0, width, height });
    assertEquals(mask, truth.map((value) => value && 1));
    assertEquals(mask.reduce((sum, value) => sum + value, 0), PIXELS);

    const { code, pixels } = await tilePixels(slide, ["--labels", path]);
    assertEquals([code, pixels], [0, PIXELS]);

    const reference = decodeURIComponent(new URL("m16", cases).pathname);
    for (const [a, b] of [[path, reference], [reference, path]]) {
      const { out } = await captureConsole(() =>
        evaluate([slide, "--labels", a, "--predicted", b], { signal })
      );
      assertStringIncludes(out, "Dice 1.0000, IoU 1.0000");
    }

    const only = await Deno.makeTempDir({ dir: folder });
    await Deno.copyFile(slide, `${only}/s.tif`);
    await using training = await openTrainingSlides(only, { labels: [path] });
    const read = await training.slides[0].labels.readRegion({
      ...{ x: 0, y: 0, width, height },
    });
    assertEquals(read, mask);
  });
}
