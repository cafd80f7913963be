import { evaluate } from "../src/cli/evaluate.ts";
import { infer } from "../src/cli/infer.ts";
import { UsageError } from "../src/errors/cannot.ts";
import { Lease } from "../src/run/lease.ts";
import { encodeRle } from "../src/masks/rle/rle_encoder.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnext } from "./helpers/tiny_unext.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";

const folder = await Deno.makeTempDir({ prefix: "tilewise-evaluate-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 150, height: 110 };
const count = size.width * size.height;
const square = (left: number, top: number, side: number) =>
  Uint8Array.from({ length: count }, (_, i) => {
    const [x, y] = [i % size.width, Math.floor(i / size.width)];
    return x >= left && x < left + side && y >= top && y < top + side ? 1 : 0;
  });
const truth = square(20, 30, 40);
const shifted = square(24, 30, 40);

async function write(name: string, page: Parameters<typeof makeTiff>[0][0]) {
  await Deno.writeFile(`${folder}/${name}`, await makeTiff([page]));
}
for (const name of ["a", "b"]) {
  await write(`${name}.tif`, { ...size, pixels: noise(150, 110) });
}
const slides = ["a", "b"].map((name) => `${folder}/${name}.tif`);
const labels = `${folder}/train.csv`;
await Deno.writeTextFile(
  labels,
  `id,encoding\na,${encodeRle(truth, size)}\nb,\n`,
);
const predicted = `${folder}/submission.csv`;
await Deno.writeTextFile(
  predicted,
  `id,predicted\na,${encodeRle(shifted, size)}\nb,\n`,
);

/** Runs the command with what it prints caught. */
function run(args: readonly string[]) {
  const { signal } = new AbortController();
  return captureConsole(() => evaluate(args, { signal }));
}

Deno.test("evaluate compares files with labels", async () => {
  const { code, out } = await run([
    ...slides,
    "--labels",
    labels,
    "--predicted",
    predicted,
  ]);
  assertEquals(code, 0);
  // 36 of 40 columns are shared.
  assertEquals(out.trim().split("\n"), [
    "a (predicted): Dice 0.9000, IoU 0.8182, objects 1 of 1 found, precision 1.000, recall 1.000",
    "b (predicted): Dice 1.0000, IoU 1.0000, objects 0 of 0 found, precision 1.000, recall 1.000",
    "all (predicted): Dice 0.9000, IoU 0.8182, objects 1 of 1 found, precision 1.000, recall 1.000",
  ]);
});

Deno.test("evaluate refuses a class that no label has, and several where none is chosen", async () => {
  const path = `${folder}/a.geojson`;
  const feature = (name: string) => ({
    type: "Feature",
    geometry: {
      type: "Polygon",
      coordinates: [[[20, 30], [60, 30], [60, 70], [20, 70], [20, 30]]],
    },
    properties: { classification: { name } },
  });
  const features = [feature("vessel"), feature("glomerulus")];
  await Deno.writeTextFile(path, JSON.stringify(features));
  const args = [slides[0], "--labels", path, "--predicted", predicted];
  await assertRejects(
    () => run([...args, "--class", "Glomerulus"]),
    RangeError,
    'class "Glomerulus": no label has this class, only glomerulus (1), vessel (1); did you mean "glomerulus"?',
  );
  const vessel = await run([...args, "--class", "vessel"]);
  assertEquals([vessel.code, vessel.error], [0, ""]);
  const several = await run(args);
  assertEquals(several.code, 1);
  assertStringIncludes(
    several.error,
    "several classes, glomerulus (1), vessel (1); choose one with --class NAME",
  );
  const other = [slides[0], "--labels", labels, "--predicted", predicted];
  const coded = await run([...other, "--class", "vessel"]);
  assertEquals(coded.code, 1);
  assertStringIncludes(coded.error, "only GeoJSON has classes");
});

Deno.test("evaluate sweeps thresholds over a map of probabilities", async () => {
  // The truth at 90, a frame around it at 150: a threshold above 150 is too much, one below 90 too little.
  const pixels = truth.map((t, i) => t ? 160 : shifted[i] ? 150 : 20);
  const maps = `${folder}/maps`;
  await Deno.mkdir(maps);
  await write("maps/a.probability.tif", { ...size, pixels, samples: 1 });
  const args = [slides[0], "--labels", labels, "--predicted", maps];
  const { code, out } = await run([...args, "--out", `${folder}/report`]);
  assertEquals(code, 0);
  assertStringIncludes(out, "Dice 0.9524");
  assertStringIncludes(out, "best 1.0000 at 0.59");
  const report = JSON.parse(
    await Deno.readTextFile(`${folder}/report/evaluation.json`),
  );
  const { dice, sweep, best } = report.overall[0].evaluation;
  assertAlmostEquals(dice, 3200 / 3360, 1e-12);
  assertAlmostEquals(best.threshold, 150 / 255, 1e-12);
  assertEquals(sweep.length, 255);
  const page = await Deno.readTextFile(`${folder}/report/evaluation.html`);
  assertStringIncludes(page, "Dice by threshold");
  assertStringIncludes(page, ">0.9524</td>");
  const links = page.match(/https?:[^"]*/g) ?? [];
  assert(links.every((one) => one.startsWith("http://127.0.0.1:8473/#slide=")));
});

Deno.test("evaluate scores the mask as its run wrote it, whatever the probabilities", async () => {
  // The mask was made at 0.61, where the frame of 150 is not found.
  const pixels = truth.map((t, i) => t ? 160 : shifted[i] ? 150 : 20);
  const results = `${folder}/results`;
  await Deno.mkdir(results);
  await write("results/a.probability.tif", { ...size, pixels, samples: 1 });
  const mask = `${results}/a.rle.csv`;
  const code = (mask: Uint8Array) =>
    `id,encoding\na,${encodeRle(mask, size)}\n`;
  await Deno.writeTextFile(mask, code(truth));
  const settings = { threshold: 0.61 };
  await Deno.writeTextFile(`${results}/a.json`, JSON.stringify({ settings }));
  const args = [slides[0], "--labels", labels, "--predicted", results];
  const out = `${folder}/scored`;
  const read = async () =>
    JSON.parse(await Deno.readTextFile(`${out}/evaluation.json`));
  const first = await run([...args, "--out", out, "--overwrite"]);
  assertEquals([first.code, first.error], [0, ""]);
  assertEquals(first.out.trim().split("\n"), [
    "a (predicted): Dice 1.0000, IoU 1.0000, objects 1 of 1 found, precision 1.000, recall 1.000, best 1.0000 at 0.59",
    "Masks are scored as written, at the threshold of their run: 0.61.",
  ]);
  const report = await read();
  const { threshold, scored, notes, evaluation } = report.slides[0];
  assertEquals([threshold, scored, notes], [0.61, "mask", []]);
  assertEquals(report.overall[0].threshold, 0.61);
  assertEquals(evaluation.pixels, {
    true_positive: 1600,
    false_positive: 0,
    false_negative: 0,
  });
  assertEquals(evaluation.objects, {
    ...{ labeled: 1, predicted: 1 },
    true_positive: 1,
    false_positive: 0,
    false_negative: 0,
    precision: 1,
    recall: 1,
  });
  // No setting of a model that was not run.
  assertEquals(Object.keys(report.settings), ["labels", "predicted"]);
  const page = await Deno.readTextFile(`${out}/evaluation.html`);
  assertStringIncludes(page, "at the threshold of their run: 0.61.");

  // At another threshold there is no mask.
  const other = await run([...args, "--threshold", "0.5"]);
  assertEquals(other.code, 1);
  assertStringIncludes(
    other.error,
    'Cannot evaluate "a" at --threshold 0.5: its mask was written at 0.61',
  );
  assertEquals((await run([...args, "--threshold", "0.61"])).code, 0);

  // What contradicts itself is said: 160 pixels of the frame are set that the threshold leaves out.
  const frame = truth.map((t, i) => t | shifted[i]);
  await Deno.writeTextFile(mask, code(frame));
  const torn = await run([...args, "--out", out, "--overwrite"]);
  assertEquals(torn.code, 0);
  assertStringIncludes(torn.out, "Dice 0.9524");
  const said =
    "its mask and its probabilities contradict each other in 160 pixels: the threshold of its run, 0.61, gives another mask";
  assertStringIncludes(torn.error, `tilewise: a: ${said}`);
  assertStringIncludes((await read()).slides[0].notes[0], said);
  const html = await Deno.readTextFile(`${out}/evaluation.html`);
  assertStringIncludes(html, "contradict each other in 160 pixels");

  // Without the run's word, that some threshold fits is enough.
  await Deno.remove(`${results}/a.json`);
  const unknown = await run([...args, "--out", out, "--overwrite"]);
  assertEquals([unknown.code, unknown.error], [0, ""]);
  assertEquals((await read()).slides[0].threshold, null);
});

Deno.test("evaluate cuts probabilities at their run's threshold where no mask was written, and says so", async () => {
  const pixels = truth.map((t, i) => t ? 160 : shifted[i] ? 150 : 20);
  const bare = `${folder}/bare`;
  await Deno.mkdir(bare);
  await write("bare/a.probability.tif", { ...size, pixels, samples: 1 });
  const settings = { threshold: 0.61 };
  await Deno.writeTextFile(`${bare}/a.json`, JSON.stringify({ settings }));
  const args = [slides[0], "--labels", labels, "--predicted", bare];
  const own = await run(args);
  assertStringIncludes(own.out, "Dice 1.0000");
  assertStringIncludes(
    own.error,
    "tilewise: a: no mask was written: its probabilities are thresholded at 0.61, as in its run",
  );
  const given = await run([...args, "--threshold", "0.5"]);
  assertStringIncludes(given.out, "Dice 0.9524");
  assertStringIncludes(given.error, "thresholded at 0.5, by --threshold");
  await Deno.remove(`${bare}/a.json`);
  const none = await run(args);
  assertStringIncludes(
    none.error,
    "thresholded at 0.5, as that of its run is unknown",
  );
});

Deno.test("evaluate finds in the results of infer what infer found", async () => {
  const weights = `${folder}/found.safetensors`;
  await Deno.writeFile(
    weights,
    writeSafetensors(syntheticStateDict(tinyUnext, { bias: 1 })),
  );
  const found = `${folder}/found`;
  const { signal } = new AbortController();
  const run1 = await captureConsole(() =>
    infer([
      slides[0],
      ...["--weights", weights, "--out", found, "--threshold", "0.8"],
      ...["--tile", "64", "--expansion", "32", "--downsample", "1"],
      ...["--format", "rle,tiff,json", "--probability", "--quiet"],
      ...["--min-area", "9px"],
    ], { signal })
  );
  assertEquals([run1.code, run1.error], [0, ""]);
  const result = await run([
    slides[0],
    ...["--labels", `${found}/a.rle.csv`, "--predicted", found],
    ...["--out", `${found}/report`],
  ]);
  assertEquals([result.code, result.error], [0, ""]);
  const { slides: [{ threshold, evaluation }], review } = JSON.parse(
    await Deno.readTextFile(`${found}/report/evaluation.json`),
  );
  const { objects, uncertainty } = JSON.parse(
    await Deno.readTextFile(`${found}/a.json`),
  );
  // As many objects, and as much that is uncertain.
  assert(objects.leftOut > 0 && uncertainty.areaPx > 0);
  assertEquals(evaluation.objects.predicted, objects.count);
  assertEquals(review, [{ name: "a", ...uncertainty }]);
  assertEquals([threshold, evaluation.dice], [0.8, 1]);
  const { pixels, best } = evaluation;
  assertEquals([pixels.false_positive, pixels.false_negative], [0, 0]);
  assert(pixels.true_positive > 0 && pixels.true_positive < count);
  // The curve, which knows bytes only, peaks at the run's threshold.
  assertAlmostEquals(best.threshold, 0.8, 2 / 255);
});

Deno.test("evaluate runs a model at several expansions, and measures seams", async () => {
  const weights = `${folder}/tiny.safetensors`;
  await Deno.writeFile(
    weights,
    writeSafetensors(syntheticStateDict(tinyUnext, { bias: 1 })),
  );
  const out = `${folder}/model`;
  const args = [slides[0], "--labels", labels, "--weights", weights];
  const { code, out: text, error } = await run([
    ...args,
    ...["--tile", "64", "--downsample", "1", "--expansion", "0,32"],
    ...["--seams", "--reference", "64", "--out", out],
  ]);
  assertEquals([code, error], [0, ""]);
  assertStringIncludes(text, "a (plain tiles): Dice 0.");
  assertStringIncludes(text, "a (expansion 32): Dice 0.");
  assertStringIncludes(text, "Compared with expansion 64, ");
  const { seams, overall } = JSON.parse(
    await Deno.readTextFile(`${out}/evaluation.json`),
  );
  assertEquals(overall.length, 2);
  assertEquals(
    seams.profiles.map((one: { expansion: number }) => one.expansion),
    [0, 32],
  );
  const [plain, expanded] = seams.profiles;
  assertEquals(plain.points.length, 32);
  // What is known of the neighbours makes a difference, and more of it less of one.
  assert(plain.points[0].difference > expanded.points[0].difference);
  assert(expanded.points[0].difference > 0);
});

Deno.test("evaluate reports what it cannot do, goes on, and ends with 1", async () => {
  const rest = ["--labels", labels, "--predicted", predicted];
  const lost = `${folder}/lost.tif`;
  await Deno.copyFile(slides[0], lost);
  const { code, out, error } = await run([
    `${folder}/no.tif`,
    lost,
    slides[0],
    ...rest,
  ]);
  assertEquals(code, 1);
  const lines = error.trim().split("\n");
  assertEquals(lines.length, 2);
  assertStringIncludes(lines[0], "no.tif");
  assertStringIncludes(lines[1], `"lost"`);
  assertEquals(out.trim().split("\n").length, 1);
});

Deno.test("evaluate says what is wrong with its command line", async () => {
  const rest = [slides[0], "--labels", labels];
  for (
    const [args, message] of [
      [[], "No slide"],
      [[slides[0], "--predicted", predicted], "--labels"],
      [rest, "--weights FILE, --model MODEL or --predicted"],
      [[...rest, "--predicted", predicted, "--weights", "x"], "combined"],
      [[...rest, "--predicted", predicted, "--seams"], "--seams"],
      [[...rest, "--weights", "x", "--expansion", "0,x"], '"x"'],
      [
        [...rest, "--weights", "x", "--seams", "--reference", "256"],
        "above the largest expansion, 256",
      ],
      [[...rest, "--weights", "x", "--threshold", "2"], "from 0 to 1"],
      [[...rest, "--weights", "x", "--tile", "100"], "multiple of 32"],
    ] as const
  ) {
    await assertRejects(() => run(args), UsageError, message);
  }
  await assertRejects(
    () => run([...rest, "--predicted", `${folder}/none`]),
    Error,
    `Cannot open predictions "${folder}/none": `,
  );
  assertStringIncludes((await run(["--help"])).out, "Usage: tilewise evaluate");
});

Deno.test("evaluate is refused what another run is writing", async () => {
  const out = `${folder}/held`;
  await Deno.mkdir(out);
  const lease = await Lease.take(`${out}/.evaluation.lock`, {
    ...{ action: "hold it", run: "20260131T101500Z-1a2b3c4d" },
  });
  await assertRejects(
    () =>
      run([
        ...slides,
        "--labels",
        labels,
        "--predicted",
        predicted,
        "--out",
        out,
      ]),
    Error,
    `Cannot write an evaluation to "${out}": run 20260131T101500Z-1a2b3c4d (process ${Deno.pid}, since `,
  );
  await lease[Symbol.asyncDispose]();
  assertEquals(
    (await run([
      ...slides,
      "--labels",
      labels,
      "--predicted",
      predicted,
      "--out",
      out,
    ])).code,
    0,
  );
  const left = [...Deno.readDirSync(out)].map(({ name }) => name);
  assertEquals(left.filter((name) => /lock|part/.test(name)), []);
});
