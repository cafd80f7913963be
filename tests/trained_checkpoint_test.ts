import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import project from "../deno.json" with { type: "json" };
import { main } from "../src/cli/main.ts";
import { hubmapNormalization, loadModel } from "../src/predict/load_model.ts";
import { readSafetensorsMetadata } from "../src/weights/read_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-trained-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

// Slides of 1 µm a pixel, as --slide-mpp says.
const SIDE = 256;
const slides = `${folder}/slides`;
await Deno.mkdir(slides);
for (const name of ["a", "b", "c"]) {
  const pixels = noise(SIDE, SIDE);
  const tiff = await makeTiff([{ width: SIDE, height: SIDE, pixels }]);
  await Deno.writeFile(`${slides}/${name}.tif`, tiff);
}
const labels = `${folder}/train.csv`;
await Deno.writeTextFile(
  labels,
  "id,encoding\na,1 9000 30000 9000\nb,500 20000\nc,2000 30000\n",
);
const arch = `${folder}/tiny.json`;
await Deno.writeTextFile(arch, JSON.stringify(tinyUnextOptions));

async function run(...args: string[]) {
  const { code, out, error } = await captureConsole(() => main(args));
  const lines = error.split("\n").filter((line) => /^tilewise: /.test(line));
  assertEquals(code, 0, error);
  return { out, error: lines.map((line) => line.slice(10)) };
}

function train(out: string, ...more: string[]) {
  return run(
    ...["train", "--slides", slides, "--labels", labels],
    ...["--out", `${folder}/${out}`, "--folds", "3", "--seed", "7"],
    ...["--epochs", "1", "--batch", "2", ...more],
  );
}

const at4 = ["--mpp", "4", "--tile", "32", "--expansion", "64"];
const first = ["--arch", arch, "--slide-mpp", "1"];
const started = await train("run", ...at4, ...first);
const best = `${folder}/run/best.safetensors`;

async function infer(out: string, ...more: string[]) {
  const { error } = await run(
    ...["infer", `${slides}/a.tif`, "--weights", best],
    ...["--out", `${folder}/${out}`, ...more],
  );
  const read = (ending: string) =>
    Deno.readTextFile(`${folder}/${out}/a.${ending}`);
  const json = JSON.parse(await read("json"));
  return { error, json, rle: await read("rle.csv"), html: await read("html") };
}

async function trainingIn(name: string) {
  const bytes = await Deno.readFile(`${folder}/${name}.safetensors`);
  const metadata = readSafetensorsMetadata(bytes);
  return { metadata, training: JSON.parse(metadata.training) };
}

Deno.test("train writes what it trained with into all its checkpoints", async () => {
  const said = started.error.filter((line) => /Using|warning/.test(line));
  assertEquals(said, [], "a run of its own has nothing to heed");
  const { training, metadata } = await trainingIn("run/best");
  const { data, ...rest } = training;
  assertEquals(rest, {
    mpp: 4,
    slideMpp: [1, 1],
    tile: 32,
    expansion: 64,
    seed: 7,
    folds: 3,
    fold: 0,
    version: project.version,
  });
  assertMatch(data, /^[0-9a-f]{64}$/);
  assertEquals(JSON.parse(metadata.image_mean), hubmapNormalization.mean);
  assertEquals((await trainingIn("run/last")).training, training);
  const state = await trainingIn("run/state");
  assertEquals(state.training, training);
  assertEquals(state.metadata.image_std, metadata.image_std);
  await using model = await loadModel("auto", best);
  assertEquals(model.networks[0].training, training);
});

Deno.test("infer runs at the scale that the weights were trained at, and says so", async () => {
  const plain = await infer("plain", "--slide-mpp", "1");
  assertEquals(plain.error, [
    "Using the scale of 4 µm/px, tile 32, expansion 64 that best.safetensors was trained with",
  ]);
  const { settings, warnings, model } = plain.json;
  const { mpp, downsample, size, expansion } = settings;
  assertEquals({ mpp, downsample, size, expansion }, {
    mpp: 4,
    downsample: 4,
    size: 32,
    expansion: 64,
  });
  assertEquals(warnings, []);
  assertEquals(model[0].training.mpp, 4);
  assertEquals(model[0].normalization, hubmapNormalization);
  assert(!plain.html.includes("Warnings"));
  const same = await infer("same", "--slide-mpp", "1", ...at4);
  assertEquals(same.error, []);
  assertEquals(same.rle, plain.rle);
  assertEquals(same.json.settings.fingerprint, settings.fingerprint);
});

Deno.test("infer heeds options that contradict the weights, and warns in the log, the JSON and the page", async () => {
  const other = await infer("other", "--downsample", "1", "--tile", "64");
  const expected = [
    "the tile size is 64, but best.safetensors was trained with 32",
    "the slide does not say its scale, so its tiles may differ from the 4 µm/px that best.safetensors was trained with; use --slide-mpp",
  ];
  assertEquals(other.error, [
    "Using expansion 64 that best.safetensors was trained with",
    `warning: ${expected[0]}`,
    `warning: a: ${expected[1]}`,
  ]);
  assertEquals(other.json.settings.downsample, 1);
  assertEquals(other.json.warnings, expected);
  assertStringIncludes(other.html, '<h2 class="bad">Warnings</h2>');
  for (const text of expected) assertStringIncludes(other.html, text);

  const scaled = await infer("scaled", "--mpp", "2", "--slide-mpp", "1");
  assertEquals(scaled.json.warnings, [
    "the scale is 2 µm/px, but best.safetensors was trained with 4 µm/px",
  ]);
  const far = ["--downsample", "4", "--slide-mpp", "2", "--quiet"];
  const quiet = await infer("far", ...far);
  assertEquals(quiet.error, []);
  assertEquals(quiet.json.warnings, [
    "tiles have 8 µm/px, but best.safetensors was trained with 4 µm/px; use --mpp 4",
  ]);
});

Deno.test("infer refuses a slide that does not say its scale, where the weights were trained by it", async () => {
  const args = ["infer", `${slides}/a.tif`, "--weights", best];
  const { code, error } = await captureConsole(() =>
    main([...args, "--out", `${folder}/unknown`])
  );
  assertEquals(code, 1);
  assertStringIncludes(error, "at 4 µm per pixel: its scale is unknown");
  assertStringIncludes(error, "--slide-mpp");
});

Deno.test("evaluate takes what the weights were trained with, and warns in JSON and page", async () => {
  const evaluate = async (out: string, ...more: string[]) => {
    const { error } = await run(
      ...["evaluate", `${slides}/a.tif`, "--labels", labels],
      ...["--weights", best, "--slide-mpp", "1"],
      ...["--out", `${folder}/${out}`, ...more],
    );
    const read = (name: string) =>
      Deno.readTextFile(`${folder}/${out}/${name}`);
    const json = JSON.parse(await read("evaluation.json"));
    return { error, json, html: await read("evaluation.html") };
  };
  const plain = await evaluate("evaluated");
  assertEquals(plain.error, [
    "Using the scale of 4 µm/px, tile 32, expansion 64 that best.safetensors was trained with",
  ]);
  assertEquals(plain.json.warnings, []);
  const { mpp, tile, expansions } = plain.json.settings;
  assertEquals({ mpp, tile, expansions }, {
    mpp: 4,
    tile: 32,
    expansions: [64],
  });
  const other = await evaluate("others", "--downsample", "2", "--quiet");
  const text =
    "tiles have 2 µm/px, but best.safetensors was trained with 4 µm/px; use --mpp 4";
  assertEquals(other.error, []);
  assertEquals(other.json.warnings, [`a: ${text}`]);
  assertStringIncludes(other.html, `<li>a: ${text}</li>`);
});

Deno.test("train --from goes on at the scale of the checkpoint, and warns where it is told another", async () => {
  const plain = await train("from", "--from", best, "--slide-mpp", "1");
  const using =
    "Using the scale of 4 µm/px, tile 32, expansion 64 that best.safetensors was trained with";
  assertEquals(plain.error[0], using);
  assertEquals(plain.error.filter((line) => /warning/.test(line)), []);
  const { training } = await trainingIn("from/best");
  assertEquals(training, (await trainingIn("run/best")).training);

  const scale = ["--downsample", "2", "--mean", "0,0,0", "--std", "1,1,1"];
  const other = await train(
    "at2",
    "--from",
    best,
    "--slide-mpp",
    "1",
    ...scale,
  );
  const warnings = other.error.filter((line) => line.startsWith("warning: "));
  assertEquals(warnings.map((line) => line.slice(9)), [
    "the normalization is mean 0 0 0, std 1 1 1, but best.safetensors was trained with mean 0.6546 0.4839 0.6943, std 0.1517 0.2358 0.1315",
    "tiles have 2 µm/px, but best.safetensors was trained with 4 µm/px; use --mpp 4",
  ]);
  const page = await Deno.readTextFile(`${folder}/at2/train.html`);
  assertStringIncludes(page, "<li>tiles have 2 µm/px, but best");
  const { training: at2 } = await trainingIn("at2/best");
  assertEquals([at2.mpp, at2.downsample, at2.slideMpp], [undefined, 2, [1, 1]]);
  assertEquals(at2.data, training.data);
});

Deno.test("train --resume warns where the data is not what the run began with", async () => {
  const before = (await trainingIn("run/state")).training.data;
  const time = new Date("2026-01-02T03:04:05Z");
  await Deno.utime(labels, time, time);
  const resumed = await train("run", ...at4, ...first, "--resume");
  const warnings = resumed.error.filter((line) => line.startsWith("warning: "));
  assertEquals(warnings, [
    "warning: slides or labels are not those that the run began with, or were copied or changed since",
  ]);
  const again = await train("again", ...at4, ...first);
  assertEquals(again.error.filter((line) => /warning/.test(line)), []);
  assertNotEquals((await trainingIn("again/state")).training.data, before);
});
