import { readRleCsv } from "../src/masks/rle/decode_rle.ts";
import { loadModel } from "../src/predict/load_model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { ABOUT_DEVICE } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { makeTile } from "./helpers/make_tile.ts";
import { noise } from "./helpers/noise.ts";
import { startRangeServer } from "./helpers/range_server.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";

const root = new URL("../", import.meta.url);
const folder = await Deno.makeTempDir({ prefix: "tilewise-infer-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const weights = `${folder}/tiny.safetensors`;
await Deno.writeFile(
  weights,
  writeSafetensors(syntheticStateDict(tinyUnext, { bias: 1 })),
);

async function writeSlide(
  name: string,
  [width, height]: readonly [number, number],
  page: { samples?: number; tags?: Record<number, number | number[]> } = {},
): Promise<string> {
  const path = `${folder}/${name}.tif`;
  const pixels = noise(width, height, page.samples ?? 3);
  await Deno.writeFile(
    path,
    await makeTiff([{ width, height, pixels, ...page }]),
  );
  return path;
}

const slide = await writeSlide("slide", [150, 110]);
const small = ["--tile", "64", "--expansion", "32", "--downsample", "1"];

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function start(
  args: readonly string[],
  env?: Record<string, string>,
  permissions: readonly string[] = [],
) {
  return new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-env=HOME,XDG_CACHE_HOME,LOCALAPPDATA",
      ...permissions,
      "src/cli/main.ts",
      ...args,
    ],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...env },
  }).spawn();
}

async function end(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  // Mesa says these on machines without a desktop.
  const error = text.decode(stderr).split("\n")
    .filter((line) =>
      !/XDG_RUNTIME_DIR|^libEGL/.test(line) && !ABOUT_DEVICE.test(line)
    ).join("\n").trim();
  return { code, out: text.decode(stdout).trim(), error };
}

const run = (
  args: readonly string[],
  env?: Record<string, string>,
  permissions?: readonly string[],
) => end(start(args, env, permissions));

function infer(
  path: string,
  more: readonly string[] = small,
  out = "out",
): string[] {
  const target = ["--out", `${folder}/${out}`];
  return ["infer", path, "--weights", weights, ...target, ...more];
}

function namesIn(path: string): string[] {
  try {
    return [...Deno.readDirSync(`${folder}/${path}`)].map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

Deno.test("infer --tune measures once and keeps the answer; what it keeps may be rubbish", async () => {
  const cache = `${folder}/cache`;
  const tuned = (out: string, ...more: string[]) =>
    run(
      infer(slide, [...small, "--format", "rle", "--quiet", ...more], out),
      { XDG_CACHE_HOME: cache },
    );
  const first = await tuned("tuned", "--tune");
  assertEquals(first.error, "");
  assertEquals(first.code, 0);
  const path = `${cache}/tilewise/tuning.json`;
  const kept = await Deno.readTextFile(path);
  assert(Object.keys(JSON.parse(kept)).length > 2);
  await Deno.writeTextFile(path, kept.slice(0, 100));
  assertEquals((await tuned("cut")).code, 0);
  const [rle, other] = await Promise.all(
    ["tuned", "cut"].map((out) =>
      Deno.readTextFile(`${folder}/${out}/slide.rle.csv`)
    ),
  );
  assertEquals(other, rle);
});

Deno.test("infer writes all formats, and they agree", async () => {
  const { code, out, error } = await run(infer(slide, small, "all"));
  assertEquals([code, error], [0, ""]);
  assertMatch(out, /^slide: \d+ objects?, .* % of 150 × 110 px, 6 tiles/);
  assertEquals(namesIn("all"), [
    "slide.geojson",
    "slide.html",
    "slide.json",
    "slide.mask.png",
    "slide.mask.tif",
    "slide.objects.csv",
    "slide.overlay.png",
    "slide.rle.csv",
  ]);
  const read = (name: string) => Deno.readTextFile(`${folder}/all/${name}`);
  const csv = await read("slide.rle.csv");
  assertEquals(csv.split("\n")[0], "id,predicted");
  const runs = readRleCsv(csv).get("slide")!.split(" ").map(Number);
  const pixels = runs.filter((_, i) => i % 2 === 1).reduce((a, b) => a + b, 0);
  await using mask = await openSlide(`${folder}/all/slide.mask.tif`);
  const bytes = await mask.readRegion({ x: 0, y: 0, width: 150, height: 110 });
  const inTiff =
    bytes.filter((value, i) => i % 3 === 0 && value === 255).length;
  const summary = JSON.parse(await read("slide.json"));
  const { features } = JSON.parse(await read("slide.geojson"));
  assert(pixels > 0 && pixels < 150 * 110, `${pixels} of the mask are set`);
  assertEquals(inTiff, pixels);
  assertEquals(summary.objects.areaPx.total, pixels);
  assertEquals(summary.objects.count, features.length);
  assertEquals(summary.tiles, { seen: 6, skipped: 0 });
});

Deno.test("infer averages an ensemble and flips, in f16, only the formats asked for", async () => {
  const { code, error } = await run([
    ...infer(slide, small, "ensemble"),
    ...["--weights", weights, "--flips", "--precision", "f16"],
    ...["--format", "json,objects", "--fill", "black", "--arch", "auto"],
    "--quiet",
  ]);
  assertEquals([code, error], [0, ""]);
  assertEquals(namesIn("ensemble"), ["slide.json", "slide.objects.csv"]);
  const { settings, model, uncertainty } = JSON.parse(
    await Deno.readTextFile(`${folder}/ensemble/slide.json`),
  );
  assertEquals(model.length, 2);
  assert(uncertainty.disagreementPx >= 0, "networks have voted");
  assertEquals(
    [settings.precision, settings.flips, settings.fill],
    ["f16", true, "black"],
  );
});

Deno.test("infer swaps an ensemble that is larger than --memory, says so, and finds the same", async () => {
  const ensemble = Array.from(
    { length: 2 },
    (_, i) => `${folder}/fold${i}.safetensors`,
  );
  const folds = ensemble.map((_, i) =>
    writeSafetensors(syntheticStateDict(tinyUnext, { seed: String(i) }))
  );
  await Promise.all(ensemble.map((path, i) => Deno.writeFile(path, folds[i])));
  const runWith = (out: string, ...more: string[]) =>
    run([
      ...infer(slide, [...small, "--format", "json,rle", ...more], out),
      ...ensemble.slice(1).flatMap((path) => ["--weights", path]),
    ], { XDG_CACHE_HOME: folder });
  const resultOf = async (out: string) => {
    const path = `${folder}/${out}/slide`;
    const rle = await Deno.readTextFile(`${path}.rle.csv`);
    return { rle, ...JSON.parse(await Deno.readTextFile(`${path}.json`)) };
  };
  const needed = await bytesOf([weights, ...ensemble.slice(1)]);

  const whole = await runWith("whole");
  const swapped = await runWith(
    "swapped",
    ...["--memory", String((needed - 1) / 2 ** 30)],
  );
  assertEquals([whole.code, swapped.code], [0, 0]);
  const [line, ...rest] = swapped.out.split("\n");
  assertMatch(
    line,
    /^2 networks take [\d.]+ GiB, more than [\d.]+ GiB: .*take turns every \d+ tiles$/,
  );
  assertEquals([whole.out.split("\n").length, rest.length], [1, 1]);
  const [expected, result] = await Promise.all(
    ["whole", "swapped"].map(resultOf),
  );
  assertEquals(result.rle, expected.rle);
  assertEquals(result.settings.memory, line);
  assertEquals(expected.settings.memory, undefined);
  assertEquals(result.settings.fingerprint, expected.settings.fingerprint);

  const refused = await runWith("refused", "--memory", "0.00001");
  assertEquals(refused.code, 1);
  assertMatch(
    refused.error,
    /^tilewise: Cannot use "tiny\.safetensors": its weights take [\d.]+ GiB, more than the 0\.00001 GiB of GPU memory \(--memory\)$/,
  );
});

/** Bytes that an ensemble takes on the GPU with tiles of the tests' size. */
async function bytesOf(weights: readonly string[]): Promise<number> {
  await using model = await loadModel("auto", weights);
  let needed = 0;
  async function* tiles() {
    yield await Promise.resolve(makeTile({ size: 64, expansion: 32 }));
  }
  const onMemory = (plan: { readonly needed: number }) => needed = plan.needed;
  await Array.fromAsync(predictTiles(tiles(), model, { onMemory }));
  return needed;
}

Deno.test("infer reads a slide at the scale asked for, and its results keep to the slide", async () => {
  const scale = ["--mpp", "0.75", "--slide-mpp", "0.5"];
  const { code, error } = await run([
    ...infer(slide, ["--tile", "64", "--expansion", "32"], "scale"),
    ...scale,
    ...["--format", "tiff,json,png"],
  ]);
  assertEquals([code, error], [0, ""]);
  await using mask = await openSlide(`${folder}/scale/slide.mask.tif`);
  assertEquals([mask.width, mask.height], [150, 110]);
  const { settings, slide: { mpp } } = JSON.parse(
    await Deno.readTextFile(`${folder}/scale/slide.json`),
  );
  assertEquals([settings.downsample, settings.level], [1.5, 0]);
  assertEquals(mpp, { x: 0.5, y: 0.5 });
});

Deno.test("infer leaves out small objects, names a class, simplifies, writes probabilities", async () => {
  const { code, error } = await run([
    ...infer(slide, small, "objects"),
    ...["--format", "geojson,json,tiff", "--probability", "--quiet"],
    ...["--min-area", "4px", "--class", "tubule", "--simplify", "1"],
    ...["--object-type", "detection"],
  ]);
  assertEquals([code, error], [0, ""]);
  assertEquals(namesIn("objects"), [
    "slide.geojson",
    "slide.json",
    "slide.mask.tif",
    "slide.probability.tif",
  ]);
  const read = async (name: string) =>
    JSON.parse(await Deno.readTextFile(`${folder}/objects/${name}`));
  const { features } = await read("slide.geojson");
  assert(features.length > 0);
  for (const { properties } of features) {
    assertEquals(properties.classification.name, "tubule");
    assert(properties.measurements["Area px^2"] >= 4);
    assertEquals(properties.objectType, "detection");
    assert(properties.measurements["mean probability"] > 0.5);
  }
  const { objects, settings, positiveFraction } = await read("slide.json");
  assertEquals(objects.count, features.length);
  assertEquals(settings.minArea, "4 px");
  const pixels = async (name: string) => {
    await using image = await openSlide(`${folder}/objects/${name}`);
    const rgb = await image.readRegion({ x: 0, y: 0, width: 150, height: 110 });
    return rgb.filter((_, i) => i % 3 === 0);
  };
  const mask = await pixels("slide.mask.tif");
  const probability = await pixels("slide.probability.tif");
  const set = mask.filter((value) => value === 255).length;
  assertEquals(Math.round(positiveFraction * 150 * 110), set);
  // A byte of 127 or 128 may be of either side of a half.
  mask.forEach((value, i) => {
    if (probability[i] > 128) assertEquals(value, 255);
    if (probability[i] < 127) assertEquals(value, 0);
  });
});

Deno.test("infer writes a page a slide and one over all, failures too", async () => {
  const bad = `${folder}/bad.tif`;
  await Deno.writeTextFile(bad, "no slide");
  const second = await writeSlide("second", [40, 30]);
  const [, ...rest] = infer(slide, [...small, "--format", "html"], "pages");
  const { code } = await run(["infer", bad, second, ...rest]);
  assertEquals(code, 1);
  assertEquals(namesIn("pages"), ["index.html", "second.html", "slide.html"]);
  const read = (name: string) => Deno.readTextFile(`${folder}/pages/${name}`);
  const index = await read("index.html");
  for (const text of ["./second.html", "./slide.html", "starts with"]) {
    assertStringIncludes(index, text);
  }
  const hash = await crypto.subtle.digest(
    "SHA-256",
    await Deno.readFile(weights),
  );
  const digits = Array.from(
    new Uint8Array(hash),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  assertStringIncludes(await read("slide.html"), digits);
});

Deno.test("infer says that an area in µm² needs a scale", async () => {
  const { code, error } = await run(
    infer(slide, [...small, "--min-area", "9"]),
  );
  assertEquals(code, 1);
  assertMatch(error, /--min-area in µm² needs the scale of the slide/);
});

Deno.test("infer --live says where to look, and ends with the run where nobody does", async () => {
  const args = infer(slide, [...small, "--live", "--format", "rle"], "live");
  const { code, out, error } = await run(args, {}, ["--allow-net=127.0.0.1"]);
  assertEquals([code, error], [0, ""]);
  assertMatch(
    out,
    /^Live page: http:\/\/127\.0\.0\.1:\d+\/\nslide: \d+ object/,
  );
  assertEquals(namesIn("live"), ["slide.rle.csv"]);
});

for (const [width, height] of [[1, 1], [40, 30]] as const) {
  Deno.test(`infer takes a slide of ${width}×${height}, smaller than a tile`, async () => {
    const path = await writeSlide(`small${width}`, [width, height]);
    const { code, error } = await run(infer(path));
    const said = width > 1
      ? ""
      : "tilewise: small1: no tile has enough tissue, so nothing was predicted; try smaller tiles (--tile)";
    assertEquals([code, error], [0, said]);
    assert(namesIn("out").includes(`small${width}.mask.tif`));
  });
}

Deno.test("infer converts greyscale", async () => {
  const path = await writeSlide("grey", [80, 70], { samples: 1 });
  assertEquals((await run(infer(path))).code, 0);
});

Deno.test("infer goes on after a slide that fails, and ends with 1", async () => {
  const args = infer(`${folder}/absent.tif`, [slide, ...small], "batch");
  const { code, out, error } = await run(args);
  assertEquals(code, 1);
  assertMatch(error, /^tilewise: .*absent\.tif.*$/);
  assertStringIncludes(out, "slide: ");
  assert(namesIn("batch").includes("slide.json"));
});

Deno.test("infer reads a slide from a server with that host's permission and no other", async () => {
  const file = await Deno.readFile(slide);
  await using server = startRangeServer(file);
  await using elsewhere = startRangeServer(
    file,
    () => Response.redirect(server.url, 302),
  );
  const args = infer(server.url, small, "remote");
  const refused = await run(args);
  assertEquals([refused.code, refused.out], [1, ""]);
  assertEquals(
    refused.error,
    `tilewise: Cannot open slide "http://${server.host}/slides/a slide.svs": reading from ${server.host} is not allowed: run with --allow-net=${server.host}`,
  );
  const allowed = await run(args, {}, [`--allow-net=${server.host}`]);
  assertEquals([allowed.code, allowed.error], [0, ""]);
  assert(namesIn("remote").includes("a slide.json"));
  const redirected = await run(infer(elsewhere.url, small, "redirected"), {}, [
    `--allow-net=${elsewhere.host}`,
  ]);
  assertEquals(redirected.code, 1);
  assertStringIncludes(
    redirected.error,
    `reading from ${server.host} is not allowed`,
  );
});

Deno.test("infer gives up a server that stalls in mid-slide, and leaves nothing", async () => {
  const file = await Deno.readFile(slide);
  let count = 0;
  await using server = startRangeServer(file, () => {
    if (count++ < 2) return undefined;
    return new Promise((resolve) => setTimeout(() => resolve(undefined), 400));
  });
  const begin = performance.now();
  const { code, out, error } = await run(
    infer(server.url, [...small, "--timeout", "0.1"], "stalled"),
    {},
    [`--allow-net=${server.host}`],
  );
  assertEquals([code, out], [104, ""]);
  assertMatch(
    error,
    /^tilewise: Cannot .* slide .*its server sends nothing: gave up after 0.1 s \(tried 4 times\)$/,
  );
  assertEquals(namesIn("stalled"), []);
  assert(performance.now() - begin < 20_000);
});

await Deno.writeFile(`${folder}/empty.tif`, new Uint8Array());
await Deno.writeTextFile(`${folder}/text.tif`, "This is not a slide.\n");
const whole = await Deno.readFile(slide);
await Deno.writeFile(`${folder}/cut.tif`, whole.subarray(0, whole.length / 2));
await Deno.mkdir(`${folder}/bare`);
await Deno.writeTextFile(`${folder}/list.csv`, "name,size\na,1\n");
await Deno.writeTextFile(`${folder}/weights.txt`, "no weights");
const signed = await writeSlide("signed", [20, 20], {
  tags: { 339: [2, 2, 2] },
});
const other = `${folder}/other.safetensors`;
await Deno.writeFile(
  other,
  writeSafetensors(
    new Map([["a", { shape: [1], dtype: "u8", data: new Uint8Array(1) }]]),
  ),
);

const bad: Record<string, [args: string[], message: RegExp]> = {
  "a missing file": [infer(`${folder}/none.tif`), /none\.tif/],
  "a directory without slides": [
    infer(`${folder}/bare`),
    /bare": it has no files; use /,
  ],
  "a pattern that nothing matches": [
    infer(`${folder}/*.none`),
    /none": it has no files$/,
  ],
  "a list without slides": [infer(`${folder}/list.csv`), /list\.csv": its h/],
  "an empty file": [infer(`${folder}/empty.tif`), /empty/],
  "text named .tif": [infer(`${folder}/text.tif`), /text\.tif/],
  "a truncated TIFF": [infer(`${folder}/cut.tif`), /cut\.tif/],
  "signed samples": [infer(signed), /signed/],
  "weights that are none": [
    infer(slide).map((arg) => arg === weights ? `${folder}/weights.txt` : arg),
    /weights\.txt/,
  ],
  "weights of another network": [
    infer(slide).map((arg) => arg === weights ? other : arg),
    /other\.safetensors.* no enc1\.1\.0\.conv1\.weight/,
  ],
  "weights of another architecture": [
    [...infer(slide), "--arch", "unext50"],
    /^tilewise: Cannot use "tiny\.safetensors" as unext50: it is a UNeXt with 1, 1, 1, 1 blocks and a stem of 8; load it as "auto"$/,
  ],
  "missing weights": [
    infer(slide).map((arg) => arg === weights ? `${folder}/none.pth` : arg),
    /none\.pth/,
  ],
  "a scale of a slide that does not say its own": [
    infer(slide, ["--tile", "64", "--expansion", "32", "--mpp", "1"]),
    /slide "slide" at 1 µm per pixel: its scale is unknown: set it with --slide-mpp.*level 0 of 150×110 px/,
  ],
  "a scale that is too fine": [
    infer(slide, [
      "--tile=64",
      "--expansion=32",
      "--mpp=0.25",
      "--slide-mpp=1",
    ]),
    /no level is that fine: it has level 0 of 150×110 px \(downsample 1, 1 µm per pixel\)/,
  ],
  "an output folder that is a file": [
    infer(slide, small, "slide.tif"),
    /Cannot create folder ".*" for results: /,
  ],
};

for (const [what, [args, message]] of Object.entries(bad)) {
  Deno.test(`infer refuses ${what} in one line, with 1`, async () => {
    const before = namesIn("out");
    const { code, out, error } = await run(args);
    assertEquals([code, out], [1, ""], error);
    assertEquals(error.split("\n").length, 1, error);
    assertMatch(error, /^tilewise: /);
    assertMatch(error, message);
    assert(!error.includes("    at "), error);
    assertEquals(namesIn("out"), before);
  });
}

const usage: Record<string, string[]> = {
  "no slide": ["infer", "--weights", weights, "--out", folder],
  "no weights": ["infer", slide, "--out", folder],
  "no output folder": ["infer", slide, "--weights", weights],
  "an unknown option": [...infer(slide), "--tiles", "3"],
  "an unknown format": [...infer(slide), "--format", "jpeg"],
  "a number that is none": [...infer(slide, ["--tile", "big"])],
  "two scales": [...infer(slide), "--mpp", "1"],
  "an area that is none": [...infer(slide), "--min-area", "some"],
  "a tolerance below 0": [...infer(slide), "--simplify=-1"],
  "resuming without a summary": [
    ...infer(slide),
    "--resume",
    ...["--format", "rle"],
  ],
  "no time": [...infer(slide), "--timeout", "0"],
  "a tile of no size": [...infer(slide, ["--tile", "0"])],
  "a size that is no multiple of 32": [
    ...infer(slide, ["--tile", "100", "--expansion", "0"]),
  ],
  "a negative expansion": [...infer(slide, ["--expansion=-32"])],
  "a threshold out of range": [...infer(slide), "--threshold", "2"],
  "a scale that is none": [...infer(slide, ["--slide-mpp", "0"])],
  "an unknown command": ["segment", slide],
};

for (const [what, args] of Object.entries(usage)) {
  Deno.test(`the command line refuses ${what} with 2`, async () => {
    const { code, error } = await run(args);
    assertEquals(code, 2, error);
    assertMatch(
      error,
      /^tilewise: .*\nSee tilewise (infer )?--help$/,
    );
  });
}

Deno.test("infer --help tells people how it is used", async () => {
  const { code, out } = await run(["infer", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(out, "--expansion N");
});

Deno.test("the command line tells its version", async () => {
  const { version } = JSON.parse(await Deno.readTextFile("deno.json"));
  const { code, out } = await run(["--version"]);
  assertEquals([code, out.trim()], [0, `tilewise ${version}`]);
});

Deno.test("infer says what to install where there is no GPU driver", async () => {
  const { code, error } = await run(infer(slide), {
    VK_DRIVER_FILES: "/nonexistent",
    VK_ICD_FILENAMES: "/nonexistent",
    LIBGL_DRIVERS_PATH: "/nonexistent",
  });
  assertEquals(code, 1);
  assertMatch(error, /apt-get install mesa-vulkan-drivers\)/);
  assertMatch(
    error,
    /or use the CPU: install onnxruntime-node@[\d.]+, .*--allow-ffi=\S+ --allow-env=ORT_DISABLE_TELEMETRY$/,
  );
});

for (
  const [signal, expected] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 143],
    ["SIGUSR2", 143],
  ] as const
) {
  Deno.test(`infer leaves nothing half done after ${signal}, and ends with ${expected}`, async () => {
    const large = await writeSlide("large", [3000, 2400]);
    const child = start(infer(large, small, signal));
    // Files under temporary names show that the run has begun.
    for (let i = 0; i < 600 && namesIn(signal).length === 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert(namesIn(signal).length > 0, "the run has begun");
    child.kill(signal);
    const { code, error } = await end(child);
    assertEquals(code, expected);
    assertMatch(error, /^tilewise: Interrupted/m);
    // Finished tiles may be kept for --resume.
    const left = namesIn(signal).filter((name) => name !== ".large.journal");
    assertEquals(left, []);
  });
}
