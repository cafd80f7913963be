import { tile } from "../src/cli/tile.ts";
import { UsageError } from "../src/errors/cannot.ts";
import { Lease } from "../src/run/lease.ts";
import { encodeRle } from "../src/masks/rle/rle_encoder.ts";
import { areaDownsample } from "../src/tiles/area_downsample.ts";
import { tileFolderSamples } from "../src/train/data/tile_folder_samples.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { crop } from "./helpers/crop.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

const folder = await Deno.makeTempDir({ prefix: "tilewise-tile-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const [width, height] = [256, 192];

/** Glass with tissue on the left half, shaded; labelled is a square of it. */
async function writeSlide(name: string): Promise<Uint8Array> {
  const pixels = new Uint8Array(width * height * 3).fill(243);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x < 128) pixels.set([190, 60 + (x * 7 + y * 3) % 90, 170], i * 3);
  }
  const data = await makeTiff([{ width, height, pixels }]);
  await Deno.writeFile(`${folder}/${name}.tif`, data);
  return pixels;
}

const mask = Uint8Array.from({ length: width * height }, (_, i) => {
  const [x, y] = [i % width, Math.floor(i / width)];
  return x >= 21 && x < 90 && y >= 33 && y < 77 ? 1 : 0;
});
const threefold = Uint8Array.from(
  { length: mask.length * 3 },
  (_, i) => mask[Math.floor(i / 3)],
);
const code = encodeRle(mask, { width, height });
const pixels = await writeSlide("a");
await writeSlide("b");
const labels = `${folder}/train.csv`;
await Deno.writeTextFile(labels, `id,encoding\na,${code}\nb,\nlost,1 2\n`);

/** Runs the command with what it prints caught. */
function run(args: readonly string[], signal = new AbortController().signal) {
  return captureConsole(() => tile(args, { signal }));
}

const slide = (name: string) => `${folder}/${name}.tif`;
const usual = ["--labels", labels, "--tile", "32"];

Deno.test("tile writes tiles and masks that samples are read from", async () => {
  const out = `${folder}/tiles`;
  const { code, out: text, error } = await run([
    slide("a"),
    slide("b"),
    ...usual,
    "--out",
    out,
  ]);
  assertEquals(code, 0);
  assertEquals(error, "tilewise: labels without a slide: lost\n");
  // Two of four columns of tiles hold tissue, in three rows.
  assertStringIncludes(
    text,
    "a: 6 tiles, 4 with labels, 6 without tissue skipped\n",
  );
  assertStringIncludes(text, `12 tiles of 2 slides: ${out}/index.csv\nmean 0.`);

  const source = await tileFolderSamples(out);
  assertEquals([source.size, source.downsample], [32, 2]);
  assertEquals(source.slides, ["a", "b"]);
  assertEquals(source.samples.length, 12);
  const sizes = { width: 64, height: 64, factor: 2 };
  const sums = [0, 0, 0], squares = [0, 0, 0];
  for (const sample of source.samples) {
    const read = await source.read(sample);
    const region = { x: sample.x, y: sample.y, width: 64, height: 64 };
    const picture = crop(pixels, { width, height }, { ...region, fill: 255 });
    assertEquals(read.pixels, areaDownsample(picture, sizes));
    const label = crop(threefold, { width, height }, { ...region, fill: 0 });
    const small = areaDownsample(label, sizes).filter((_, i) => i % 3 === 0);
    const none = new Uint8Array(1024);
    assertEquals(read.mask, sample.slide === "a" ? small : none);
    assertEquals(sample.positive, read.mask.reduce((a, b) => a + b));
    read.pixels.forEach((value, i) => {
      sums[i % 3] += value / 255;
      squares[i % 3] += (value / 255) ** 2;
    });
  }
  const { mean, std } = JSON.parse(
    await Deno.readTextFile(`${out}/tiles.json`),
  );
  assertEquals([std[0], std[2]], [0, 0], "the stain is of one red and blue");
  assertEquals(source.normalization, undefined);
  assertEquals(source.warnings.length, 1);
  const count = 12 * 1024;
  for (let channel = 0; channel < 3; channel++) {
    const average = sums[channel] / count;
    assertAlmostEquals(mean[channel], average, 1e-9);
    assertAlmostEquals(
      std[channel],
      Math.sqrt(Math.max(0, squares[channel] / count - average ** 2)),
      1e-6,
    );
  }
  await assertRejects(
    () => source.read(source.samples[0], { expansion: 16 }),
    RangeError,
    "no expansion",
  );
});

Deno.test("tile cuts at micrometers a pixel, whatever the slide says of itself", async () => {
  const out = `${folder}/micrometers`;
  const { code, error } = await run([
    slide("a"),
    ...usual,
    ...["--out", out, "--mpp", "0.8", "--slide-mpp", "0.32", "--quiet"],
  ]);
  assertEquals([code, error], [
    0,
    "tilewise: labels without a slide: b, lost\n",
  ]);
  const source = await tileFolderSamples(out);
  assertEquals([source.downsample, source.mpp], [undefined, 0.8]);
  assertEquals(source.slideMpp, [0.32, 0.32]);
  // 32 tile pixels are 80 of the slide's.
  const [first, second] = source.samples;
  assertEquals(second.x - first.x, 80);
  const { pixels } = await source.read(first);
  assertEquals(pixels.length, 3072);
});

Deno.test("tile reports a slide that fails, goes on, and ends with 1", async () => {
  await Deno.writeTextFile(slide("torn"), "II*");
  await writeSlide("bare");
  const out = `${folder}/some`;
  const { code, error } = await run([
    slide("torn"),
    slide("a"),
    slide("bare"),
    ...usual,
    "--out",
    out,
    "--quiet",
  ]);
  assertEquals(code, 1);
  const lines = error.trim().split("\n");
  assertEquals(lines.length, 3);
  assertStringIncludes(lines[0], `Cannot open slide "${slide("torn")}"`);
  assertStringIncludes(lines[1], 'Cannot tile "bare": it has no labels in "');
  assertEquals((await tileFolderSamples(out)).slides, ["a"]);
  const files = [...Deno.readDirSync(`${out}/tiles`)];
  assertEquals(files.length, 6);
});

Deno.test("tile refuses two slides of one name before any work, and names both", async () => {
  await Deno.mkdir(`${folder}/again`);
  await writeSlide("again/a");
  const out = `${folder}/twice`;
  const args = [slide("a"), slide("again/a"), ...usual, "--out", out];
  await assertRejects(
    () => run(args),
    Error,
    `"${slide("a")}" and "${
      slide("again/a")
    }" have the same name, "a"; rename one`,
  );
  await assertRejects(() => Deno.stat(out), Deno.errors.NotFound);
});

Deno.test("tile names the slide whose labels do not fit, and writes nothing where no slide is left", async () => {
  const bad = `${folder}/bad.csv`;
  const out = `${folder}/none`;
  const args = [slide("a"), "--labels", bad, "--tile", "32", "--out", out];
  for (
    const [code, message] of [
      ["49153 1", 'labels of "a": runs must be within pixels 1 to 49152'],
      ["1 5 3 4", 'labels of "a": runs must ascend without overlap'],
    ]
  ) {
    await Deno.writeTextFile(bad, `id,encoding\na,${code}\n`);
    const { code: exit, error } = await run(args);
    assertEquals(exit, 1);
    assertStringIncludes(error, message);
  }
  await Deno.writeTextFile(bad, "id,encoding\na,\na,\n");
  await assertRejects(
    () => run(args),
    SyntaxError,
    'line 3 repeats the id "a"',
  );
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assert(!left.some((name) => name.startsWith("none")), left.join());
});

Deno.test("tile leaves nothing behind when it is interrupted, and other folders alone", async () => {
  const out = `${folder}/interrupted`;
  const controller = new AbortController();
  const reason = new Error("Interrupted");
  const running = run(
    [slide("a"), slide("b"), ...usual, "--out", out],
    controller.signal,
  );
  await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort(reason);
  assert(await assertRejects(() => running) === reason);
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assert(!left.some((name) => name.startsWith("interrupted")), left.join());
  await assertRejects(
    () => run([slide("a"), ...usual, "--out", folder]),
    Error,
    "must be new or empty",
  );
});

Deno.test("tile says what is wrong with its command line", async () => {
  const rest = ["--labels", labels, "--out", `${folder}/x`];
  for (
    const [args, message] of [
      [[], "No slide"],
      [[slide("a"), "--out", "x"], "--labels"],
      [[slide("a"), "--labels", labels], "--out"],
      [[slide("a"), ...rest, "--tile", "100"], "multiple of 32"],
      [[slide("a"), ...rest, "--downsample", "0.5"], "a number from 1"],
      [[slide("a"), ...rest, "--downsample", "2", "--mpp", "1"], "combined"],
      [[slide("a"), ...rest, "--fill", "grey"], "one of white, black"],
      [
        [slide("a"), ...rest, "--format", "jpeg"],
        "--format must be one of png",
      ],
      [[slide("a"), ...rest, "--tiles", "9"], "Unknown option --tiles"],
    ] as const
  ) {
    await assertRejects(() => run(args), UsageError, message);
  }
  const { code, out } = await run(["--help"]);
  assertEquals(code, 0);
  assertStringIncludes(out, "Usage: tilewise tile SLIDE...");
});

Deno.test("tileFolderSamples() names what is wrong with a folder", async () => {
  const make = async (index: string, json: string) => {
    const path = await Deno.makeTempDir({ dir: folder });
    await Deno.writeTextFile(`${path}/index.csv`, index);
    await Deno.writeTextFile(`${path}/tiles.json`, json);
    return path;
  };
  const header = "slide,x,y,file,mask,tissue,positive\n";
  const json = '{ "size": 32, "downsample": 2, "slides": ["a"] }';
  await assertRejects(
    () => tileFolderSamples(`${folder}/nowhere`),
    Error,
    "tiles.json",
  );
  const wrong = async (index: string, json: string, message: string) => {
    const path = await make(index, json);
    await assertRejects(() => tileFolderSamples(path), SyntaxError, message);
  };
  await wrong(header, "{}", 'received "{}"');
  await wrong("a,b\n", json, "header");
  for (
    const odd of ['"mean": [0, 0, 0]', '"mean": [1, 1, 1], "std": [1, "0", 1]']
  ) {
    const more = json.replace("}", `, ${odd} }`);
    await wrong(header, more, "mean and std must be three numbers");
  }
  for (const odd of ["[1]", "[0, 1]", "0.5"]) {
    const more = json.replace("}", `, "slideMpp": ${odd} }`);
    await wrong(header, more, "slideMpp must be two positive numbers");
  }
  await wrong(header + "a,1,2,f.png\n", json, "line 2");
  await wrong(header + "a,1,two,f.png,m.png,3,4\n", json, "line 2");
  const measured = { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 1] } as const;
  const more = { size: 32, downsample: 2, slides: [], ...measured };
  const whole = await make(header, JSON.stringify(more));
  assertEquals((await tileFolderSamples(whole)).normalization, measured);
  const empty = await tileFolderSamples(await make(header, json));
  assertEquals(empty.warnings, ['"a" has no tile']);
});

Deno.test("tile is refused what another run is writing", async () => {
  const out = `${folder}/held`;
  const lease = await Lease.take(`${folder}/.held.lock`, {
    ...{ action: "hold it", run: "20260131T101500Z-1a2b3c4d" },
  });
  await assertRejects(
    () => run([slide("a"), ...usual, "--out", out]),
    Error,
    `Cannot write tiles to "${out}": run 20260131T101500Z-1a2b3c4d (process ${Deno.pid}, since `,
  );
  await lease[Symbol.asyncDispose]();
  assertEquals((await run([slide("a"), ...usual, "--out", out])).code, 0);
  const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
  assertEquals(left.filter((name) => /lock|part/.test(name)), []);
});
