// Corrections as labels, through the commands.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { Corrections } from "../src/corrections/corrections.ts";
import { openLabels } from "../src/labels/open_labels.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import {
  type Box,
  type Correction,
  makeCorrections,
  region,
} from "./helpers/make_corrections.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-corrections-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const SIDE = 64;
const names = ["a", "b"];
const slides = `${folder}/slides`;
await Deno.mkdir(slides);
for (const name of names) {
  const pixels = noise(SIDE, SIDE);
  const tiff = await makeTiff([{ width: SIDE, height: SIDE, pixels }]);
  await Deno.writeFile(`${slides}/${name}.tif`, tiff);
}
const arch = `${folder}/tiny.json`;
await Deno.writeTextFile(arch, JSON.stringify(tinyUnextOptions));

/** Writes a folder of corrections of slides, or of plain GeoJSON. */
async function write(
  name: string,
  objects: Readonly<Record<string, readonly Correction[]>>,
  { suffix = ".corrected.geojson", format = 1 as number | undefined } = {},
): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path, { recursive: true });
  for (const [slide, all] of Object.entries(objects)) {
    const of = { name: slide, width: SIDE, height: SIDE };
    const text = makeCorrections(format ? of : undefined, all);
    await Deno.writeTextFile(`${path}/${slide}${suffix}`, text);
  }
  return path;
}

async function run(args: readonly string[]) {
  const { code, out, error } = await captureConsole(() => main(args));
  return { code, out, error: error.replace(/^epoch \d+\/\d+: .*\n/gm, "") };
}

const train = (labels: string, out: string, ...more: string[]) =>
  run([
    ...["train", "--slides", slides, "--labels", labels, "--arch", arch],
    ...["--out", `${folder}/${out}`, "--folds", "2", "--tile", "32"],
    ...["--expansion", "32", "--downsample", "1", "--epochs", "1"],
    ...["--batch", "2", "--lr", "1e-3", ...more],
  ]);
const results = async (out: string) => ({
  log: await Deno.readTextFile(`${folder}/${out}/log.csv`),
  weights: [
    ...readSafetensors(
      await Deno.readFile(`${folder}/${out}/last.safetensors`),
    ),
  ],
});
const box: Box = [4, 4, 28, 36];
const all = (objects: readonly Correction[]) =>
  Object.fromEntries(names.map((name) => [name, objects]));

Deno.test("openLabels() reads what the viewer's corrections were saved as", async () => {
  const path = `${folder}/saved`;
  await Deno.mkdir(path);
  const source = `${path}/a.geojson`;
  const text = makeCorrections(undefined, [
    { box: [0, 0, 10, 10], name: "glomerulus" },
    { box: [20, 0, 30, 10], name: "glomerulus" },
    { box: [40, 0, 50, 10], name: "glomerulus" },
  ]);
  // Numbers as QuPath wrote them before 0.6.
  const measured = text.replaceAll(
    '"objectType"',
    '"measurements":{"Odd":NaN},"objectType"',
  );
  await Deno.writeTextFile(source, measured);
  const slide = { name: "a", width: SIDE, height: SIDE };
  await using saved = await Corrections.open(`${path}/a.corrected.geojson`, {
    ...{ slide, source, run: {} },
  });
  const [first, second] = [...saved.entries].map(({ id }) => id);
  await saved.apply({
    base: saved.version,
    changes: [
      { id: first, state: "accepted" },
      { id: second, state: "rejected" },
      {
        id: crypto.randomUUID(),
        ...{ state: "drawn", name: "Region*" },
        rings: [[30, 30, 60, 30, 60, 60, 30, 60]],
      },
    ],
  });
  const warnings: string[] = [];
  const labels = await openLabels(path, {
    onWarning: (text) => warnings.push(text),
  });
  await using one = (await labels.open(slide))!;
  assertEquals(one.knownPixels, 100 + 100 + 900);
  assertStringIncludes(
    warnings[0],
    "1 accepted, 0 changed, 0 drawn, 1 rejected, 1 region; undecided: 0 in regions taken, 1 left out",
  );
});

Deno.test("train takes nothing from what is unknown, and says how much is known", async () => {
  const objects = [
    { box, state: "accepted" },
    { box: [40, 0, 56, 16] as Box, state: "rejected" },
    { box: [40, 40, 50, 50] as Box },
  ];
  const corrected = await write("corrected", all(objects));
  const first = await train(corrected, "first");
  assertEquals(first.code, 0, first.error);
  for (
    const text of [
      '"a": corrections: 1 accepted, 0 changed, 0 drawn, 1 rejected, 0 regions; undecided: 0 in regions taken, 1 left out; 25 % of the slide is known, the rest is not',
      '"b" has 1 tile with tissue of which nothing is known, left out',
      "3 tiles of 1 slides for training, 3 of 1 for validation",
    ]
  ) assertStringIncludes(first.error, text);
  // An undecided object may be anywhere.
  const moved = [...objects.slice(0, 2), { box: [0, 40, 30, 64] as Box }];
  await write("corrected", all(moved));
  const second = await train(corrected, "second");
  assertEquals(second.code, 0, second.error);
  assertEquals(await results("second"), await results("first"));
  const page = await Deno.readTextFile(`${folder}/first/train.html`);
  assertStringIncludes(page, "what is unknown is pale");
  assertStringIncludes(page, "3 tiles of a, 1024 of 3072 pixels known");
  const other = ["--unlabeled", "background", "--resume"];
  const third = await train(corrected, "first", ...other);
  assertEquals(third.code, 1);
  assertStringIncludes(
    third.error,
    'its options must not change, but trainedOn was "3 tiles of a, 1024 of 3072 pixels known" and is "4 tiles of a"',
  );
});

Deno.test("train refuses corrections that teach nothing, are of another slide, or of classes that it does not know", async () => {
  const none = await write("none", all([{ box }]));
  const cases: [string, string, ...string[]][] = [
    [
      none,
      "nothing of a, b is known: there is no decided object",
    ],
    [
      await write("regions", all([region(...box)])),
      "Cannot train: the masks of all 1 training slides are empty",
    ],
    [
      await write("flat", all([region(20, 20, 20, 60)])),
      "and no region with an area; correct it, or take the rest as background with --unlabeled background",
    ],
    [
      await write(
        "classes",
        all([
          { box, state: "accepted", name: "Tumor" },
          { box: [0, 0, 9, 9], state: "drawn", name: "Fold" },
        ]),
      ),
      "they have classes that are not among Tumor, Stroma: Fold (1)",
      ...["--class", "Tumor", "--class", "Stroma"],
    ],
    [
      await write("plain", all([{ box }]), {
        ...{ suffix: ".geojson", format: 0 },
      }),
      "these labels are no corrections",
      ...["--unlabeled", "unknown"],
    ],
  ];
  for (const [labels, message, ...more] of cases) {
    const { code, error } = await train(labels, "refused", ...more);
    assertEquals(code, 1, error);
    assertStringIncludes(error, message);
  }
  const of = await Deno.readTextFile(`${none}/a.corrected.geojson`);
  await Deno.writeTextFile(`${none}/b.corrected.geojson`, of);
  const { code, error } = await train(none, "refused");
  assertEquals(code, 1);
  assertStringIncludes(
    error,
    'Cannot open the labels of "b": they are of another slide: "a" of 64×64 pixels, not "b" of 64×64',
  );
});

Deno.test("evaluate scores what is known of corrections, and says so in each file", async () => {
  const labels = await write("scored", {
    a: [
      { box: [0, 0, 10, 10], state: "accepted" },
      { box: [20, 0, 30, 10], state: "rejected" },
      { box: [40, 0, 50, 10] },
      region(0, 40, 64, 64),
      { box: [10, 50, 20, 60] }, // undecided, inside
      { box: [40, 30, 50, 60] }, // undecided, across the border
    ],
  });
  const predicted = await write("predicted", {
    a: [[0, 0, 10, 8], [20, 0, 30, 10], [40, 0, 50, 10], [40, 32, 50, 60]].map((
      box,
    ) => ({ box: box as unknown as Box })),
  }, { suffix: ".geojson", format: 0 });
  // Corrections beside predictions are none.
  await write("predicted", { a: [region(0, 0, SIDE, SIDE)] });
  const evaluate = (out: string, ...more: string[]) =>
    run([
      ...["evaluate", `${slides}/a.tif`, "--labels", labels],
      ...["--predicted", predicted, "--out", `${folder}/${out}`, ...more],
    ]);
  const { code, error } = await evaluate("scores");
  assertEquals(code, 0, error);
  const note =
    "only what is known of its labels is scored, 42.4 % of the slide; objects that are not known as a whole count nowhere: 2 labeled, 2 predicted";
  assertStringIncludes(error, note);
  const file = (name: string) => Deno.readTextFile(`${folder}/scores/${name}`);
  const { overall: [all], slides: [one] } = JSON.parse(
    await file("evaluation.json"),
  );
  assertEquals(one.notes.includes(note), true);
  const known = 200 + 24 * 64;
  for (const { evaluation } of [all, one]) {
    assertEquals(evaluation.known, {
      ...{ pixels: known, of: 64 * 64 },
      ...{ labeled_left_out: 2, predicted_left_out: 2 },
    });
    const { true_positive, false_positive, false_negative } = evaluation.pixels;
    assertEquals(
      [true_positive, false_positive, false_negative],
      [80 + 200, 100, 20 + 100],
    );
    const { objects } = evaluation;
    assertEquals(
      [objects.true_positive, objects.false_positive, objects.false_negative],
      [1, 1, 1],
    );
  }
  const [heads, first] = (await file("evaluation.csv")).split("\n")
    .map((line) => line.split(",").at(-1));
  assertEquals([heads, first], ["pixels_known", `${known}`]);
  const page = await file("evaluation.html");
  assertStringIncludes(page, note);
  assertStringIncludes(page, "only known pixels count (42.4 %)");
  const whole = await evaluate("whole", "--unlabeled", "background");
  assertEquals(whole.code, 0, whole.error);
  const json = await Deno.readTextFile(`${folder}/whole/evaluation.json`);
  const [{ evaluation }] = JSON.parse(json).overall;
  assertEquals(evaluation.known, undefined);
  assertEquals(evaluation.pixels.false_positive, 100 + 100 + 80);
  await write("scored", { a: [{ box }] });
  const none = await evaluate("none");
  assertEquals(none.code, 1);
  assertStringIncludes(
    none.error,
    'Cannot evaluate "a": nothing of "a" is known: there is no decided object',
  );
});

Deno.test("tile refuses corrections, whose masks have no unknown, or takes the rest as background", async () => {
  const labels = await write("tiled", {
    a: [{ box, state: "drawn" }, { box: [40, 40, 50, 50] }],
  });
  const tile = (out: string, ...more: string[]) =>
    run([
      ...["tile", `${slides}/a.tif`, "--labels", labels, "--downsample", "1"],
      ...["--tile", "32", "--out", `${folder}/${out}`, ...more],
    ]);
  const refused = await tile("tiles");
  assertEquals(refused.code, 1);
  assertStringIncludes(
    refused.error,
    'Cannot write tiles of "a": its labels are corrections, and masks cannot say what is unknown: train on slides and corrections without tiles, or take what is undecided as background (--unlabeled background)',
  );
  const { code, error } = await tile("tiles", "--unlabeled", "background");
  assertEquals(code, 0, error);
  const index = await Deno.readTextFile(`${folder}/tiles/index.csv`);
  const positive = index.trim().split("\n").slice(1)
    .map((line) => Number(line.split(",").at(-1)));
  assertEquals(positive.reduce((a, b) => a + b), 24 * 32);
});
