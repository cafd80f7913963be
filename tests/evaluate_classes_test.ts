// Evaluation of several classes, through the command.
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { encode } from "fast-png";
import { evaluate } from "../src/cli/evaluate.ts";
import { UsageError } from "../src/errors/cannot.ts";
import { encodeRle } from "../src/masks/rle/rle_encoder.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-classes-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 60, height: 40 };
const slide = `${folder}/a.tif`;
await Deno.writeFile(
  slide,
  await makeTiff([{ ...size, pixels: new Uint8Array(7200) }]),
);

/** A rectangle of a class. */
type Box = readonly [name: string, left: number, top: number, right: number];
const HEIGHT = 10;

const classes = ["Glomerulus", "Artery"];
const truth: Box[] = [
  ["Glomerulus", 0, 0, 20],
  ["Glomerulus", 30, 0, 40],
  ["Artery", 0, 20, 10],
];
// The first is found but for its last two columns; the second is taken for an artery, which is found.
const found: Box[] = [
  ["Glomerulus", 0, 0, 18],
  ["Artery", 30, 0, 40],
  ["Artery", 0, 20, 10],
];

function valuesOf(boxes: readonly Box[]): Uint8Array {
  const values = new Uint8Array(size.width * size.height);
  for (const [name, left, top, right] of boxes) {
    for (let y = top; y < top + HEIGHT; y++) {
      const row = y * size.width;
      values.fill(classes.indexOf(name) + 1, row + left, row + right);
    }
  }
  return values;
}

/** The boxes in each kind of file, in a folder of its own. */
async function write(
  name: string,
  boxes: readonly Box[],
): Promise<Record<string, string>> {
  const values = valuesOf(boxes);
  const features = boxes.map(([name, left, top, right]) => {
    const bottom = top + HEIGHT;
    const ring = [[left, top], [right, top], [right, bottom], [left, bottom]];
    return {
      type: "Feature",
      geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] },
      properties: { classification: { name, color: [1, 2, 3] } },
    };
  });
  const codes = classes.map((one, i) =>
    `a_${one},${
      encodeRle(values.map((value) => value === i + 1 ? 1 : 0), size)
    }\n`
  );
  const png = encode({ ...size, data: values, channels: 1, depth: 8 });
  const files: Record<string, string | Uint8Array> = {
    "a.geojson": JSON.stringify(features),
    "a.rle.csv": `id_class,encoding\n${codes.join("")}`,
    "a.mask.png": new Uint8Array(png),
  };
  const paths: Record<string, string> = {};
  for (const [file, content] of Object.entries(files)) {
    const path = `${folder}/${name}-${file.replace(/^a\./, "")}`;
    await Deno.mkdir(path);
    await Deno.writeFile(
      `${path}/${file}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    paths[file] = path;
  }
  return paths;
}
const labels = await write("labels", truth);
const predictions = await write("found", found);
const several = classes.flatMap((name) => ["--class", name]);

function run(args: readonly string[]) {
  const { signal } = new AbortController();
  return captureConsole(() => evaluate([slide, ...args], { signal }));
}

// Of the glomeruli, 180 of 300 pixels; of the arteries, 100 that are and 100 that are not.
const LINES = [
  "a (predicted), mean of 2 classes: Dice 0.7083, IoU 0.5500, objects 2 of 3 found, precision 0.667, recall 0.667",
  "a (predicted), Glomerulus: Dice 0.7500, IoU 0.6000, objects 1 of 2 found, precision 1.000, recall 0.500",
  "a (predicted), Artery: Dice 0.6667, IoU 0.5000, objects 1 of 1 found, precision 0.500, recall 1.000",
  "Labeled pixels (rows) by their predicted class (columns) in percent, predicted:",
  "            background  Glomerulus  Artery",
  "background      100.00        0.00    0.00",
  "Glomerulus        6.67       60.00   33.33",
  "Artery            0.00        0.00  100.00",
];

Deno.test("evaluate scores several classes alike, whatever the files of labels and predictions", async () => {
  const pairs = [
    ["a.geojson", "a.mask.png"],
    ["a.mask.png", "a.rle.csv"],
    ["a.rle.csv", "a.geojson"],
  ];
  for (const [one, other] of pairs) {
    const { code, out, error } = await run([
      ...["--labels", labels[one], "--predicted", predictions[other]],
      ...several,
    ]);
    assertEquals([code, out.trimEnd().split("\n")], [0, LINES], one);
    assertEquals(
      error,
      other === "a.mask.png"
        ? "tilewise: a: the values of its mask are taken as numbers of classes in the order of --class: Glomerulus, Artery\n"
        : "",
    );
  }
});

Deno.test("evaluate writes several classes as JSON, CSV and a page", async () => {
  const out = `${folder}/report`;
  const args = ["--labels", labels["a.geojson"], ...several, "--out", out];
  await run([...args, "--predicted", predictions["a.rle.csv"], "--quiet"]);
  const read = (name: string) => Deno.readTextFile(`${out}/${name}`);
  const { classes: each, overall: [{ evaluation }], slides } = JSON.parse(
    await read("evaluation.json"),
  );
  assertEquals(each, [
    { name: "Glomerulus", color: "#010203" },
    { name: "Artery", color: "#010203" },
  ]);
  const [glomerulus, artery] = evaluation.classes;
  assertEquals(glomerulus, {
    name: "Glomerulus",
    ...{ dice: 0.75, iou: 0.6 },
    pixels: { true_positive: 180, false_positive: 0, false_negative: 120 },
    objects: {
      ...{ labeled: 2, predicted: 1 },
      ...{ true_positive: 1, false_positive: 0, false_negative: 1 },
      ...{ precision: 1, recall: 0.5 },
    },
  });
  assertEquals(artery.pixels.false_positive, 100);
  assertEquals(evaluation.confusion, {
    classes: ["background", "Glomerulus", "Artery"],
    pixels: [[2000, 0, 0], [20, 180, 100], [0, 0, 100]],
  });
  assertEquals(slides[0].evaluation, evaluation);
  const lines = (await read("evaluation.csv")).trim().split("\n");
  assertEquals(lines.length, 7);
  assertEquals(lines.slice(4).map((line) => line.split(",").slice(0, 5)), [
    ["a", "predicted", "mean", String(evaluation.dice), "0.55"],
    ["a", "predicted", "Glomerulus", "0.75", "0.6"],
    ["a", "predicted", "Artery", String(2 / 3), "0.5"],
  ]);
  assertEquals(
    lines[5].split(",").slice(5),
    [..."180 0 120 1 0 1 1 0.5 2 1".split(" "), "", "", "", "", ""],
  );
  const page = await read("evaluation.html");
  assertStringIncludes(page, "means over the classes that are labeled");
  assertStringIncludes(page, 'style="background: #010203"></span>Artery</td>');
  assertStringIncludes(page, "100 (33.3 %)");
});

Deno.test("evaluate takes the classes of results, and numbers them by name", async () => {
  const results = `${folder}/results`;
  await Deno.mkdir(results);
  await Deno.copyFile(
    `${predictions["a.mask.png"]}/a.mask.png`,
    `${results}/a.mask.png`,
  );
  const write = (names: readonly string[]) =>
    Deno.writeTextFile(
      `${results}/a.json`,
      JSON.stringify({ classes: names.map((name) => ({ name })) }),
    );
  const args = ["--labels", labels["a.geojson"], "--predicted", results];
  await write(classes);
  const own = await run(args);
  assertEquals([own.error, own.out.trimEnd().split("\n")], ["", LINES]);
  // Labels name them in another order, and one of them only.
  const turned = await run([
    ...args,
    "--class",
    "Artery",
    "--class",
    classes[0],
  ]);
  assertStringIncludes(turned.out, LINES[1]);
  assertStringIncludes(turned.out, LINES[2]);
  const artery = ["--class", "Artery", "--ignore-class", "*"];
  const one = await run([...args, ...artery]);
  assertStringIncludes(one.out, LINES[2]);
  assertStringIncludes(
    one.error,
    "annotations of other classes are left out: Glomerulus (2)",
  );
  await assertRejects(
    () => run([...args, "--class", "Artery"]),
    RangeError,
    'predictions have the class "Glomerulus", which is not among Artery; add it with --class, or leave it out with --ignore-class',
  );
  await assertRejects(
    () => run([...args, ...several, "--class", "Vein"]),
    RangeError,
    'predictions lack the class "Vein", they have Glomerulus, Artery; leave it out of --class',
  );
  await write([...classes, "Vein"]);
  const { error } = await run(args);
  assertStringIncludes(error, 'no label is of class "Vein"');
});

Deno.test("evaluate refuses classes that labels have and the evaluation lacks", async () => {
  const args = ["--predicted", predictions["a.rle.csv"]];
  const others = ["--class", "Glomerulus", "--class", "Vein"];
  const { code, error } = await run([
    ...["--labels", labels["a.mask.png"], ...args, ...others],
  ]);
  assertEquals(code, 1);
  assertStringIncludes(
    error,
    '"a_Artery" does not end with one of the classes',
  );
  await assertRejects(
    () => run(["--labels", labels["a.geojson"], ...args, ...others]),
    RangeError,
    'of class "Vein": no label has this class, only Glomerulus (2), Artery (1)',
  );
  await assertRejects(
    () => run(["--labels", "l", ...args, "--class", "a", "--class", "*"]),
    UsageError,
    "'*' takes all classes as one",
  );
});
