// What became of each object: outlines on the page, the worst of each kind, and GeoJSON.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encode } from "fast-png";
import { evaluate } from "../src/cli/evaluate.ts";
import { readObjects } from "../src/view/read_objects.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-pictures-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

const size = { width: 120, height: 90 };
const name = "a & <b>#1";
const slide = `${folder}/${name}.tif`;
const pixels = noise(size.width, size.height);
await Deno.writeFile(slide, await makeTiff([{ ...size, pixels }]));

/** A rectangle of a class, from 1. */
type Box = readonly [
  left: number,
  top: number,
  right: number,
  bottom: number,
  value?: number,
];

/** Writes a mask of rectangles; returns its folder. */
async function paint(
  kind: string,
  boxes: readonly Box[],
  summary?: unknown,
): Promise<string> {
  const data = new Uint8Array(size.width * size.height);
  for (const [left, top, right, bottom, value = 1] of boxes) {
    for (let y = top; y < bottom; y++) {
      data.fill(value, y * size.width + left, y * size.width + right);
    }
  }
  const path = `${folder}/${kind}`;
  await Deno.mkdir(path, { recursive: true });
  const png = encode({ ...size, data, channels: 1, depth: 8 });
  await Deno.writeFile(`${path}/${name}.mask.png`, new Uint8Array(png));
  if (summary) {
    await Deno.writeTextFile(`${path}/${name}.json`, JSON.stringify(summary));
  }
  return path;
}

/** Runs the command and reads what it wrote. */
async function judge(
  title: string,
  { labels, found, args = [], summary }: {
    readonly labels: readonly Box[];
    readonly found: readonly Box[];
    readonly args?: readonly string[];
    readonly summary?: unknown;
  },
) {
  const out = `${folder}/${title}/out`;
  const truth = await paint(`${title}/labels`, labels);
  const predicted = await paint(`${title}/found`, found, summary);
  const { signal } = new AbortController();
  const all = ["--labels", truth, "--predicted", predicted, "--out", out];
  const ran = await captureConsole(() =>
    evaluate([slide, ...all, ...args], { signal })
  );
  assertEquals([ran.code, ran.error], [0, ""]);
  const geojson = `${out}/${name}.matches.geojson`;
  const read = (path: string) => Deno.readTextFile(path);
  return {
    page: await read(`${out}/evaluation.html`),
    json: JSON.parse(await read(`${out}/evaluation.json`)),
    csv: await read(`${out}/evaluation.csv`),
    features: JSON.parse(await read(geojson)).features,
    objects: await readObjects(geojson),
  };
}

const countsOf = (page: string) =>
  [...page.matchAll(/<\/svg>(Hits|Misses|False alarms) ([\d,]+)<\/label>/g)]
    .map(([, kind, count]) => `${kind} ${count}`);

Deno.test("evaluate draws hits, misses and false alarms, and links to the worst", async () => {
  const { page, json, csv, features, objects } = await judge("kinds", {
    // The first label touches two predictions, and matches one.
    labels: [[10, 10, 40, 30], [60, 10, 80, 20]],
    found: [[10, 10, 32, 30], [34, 10, 40, 30], [90, 60, 95, 70], [
      0,
      80,
      1,
      81,
    ]],
    summary: { settings: { threshold: 0.5, minArea: "50 px" } },
  });
  assertEquals(countsOf(page), ["Hits 1", "Misses 1", "False alarms 2"]);
  const said = features.map((
    { properties: { classification, measurements, objectType } }: {
      properties: Record<string, Record<string, number | string>>;
    },
  ) => [
    classification.name,
    measurements["Area px^2"],
    measurements.IoU,
    objectType,
  ]);
  assertEquals(said.toSorted(), [
    ["False alarm", 120, undefined, "detection"],
    ["False alarm", 50, undefined, "detection"],
    ["Hit", 440, 440 / 600, "detection"],
    ["Miss", 200, undefined, "detection"],
  ]);
  assertEquals(
    objects.map(({ name, color }) => `${name} ${color}`).toSorted(),
    [
      "False alarm 0,114,178",
      "False alarm 0,114,178",
      "Hit 0,158,115",
      "Miss 213,94,0",
    ],
  );
  const [{ evaluation, minArea }] = json.slides;
  assertEquals([minArea, evaluation.objects.predicted], [50, 3]);
  assertEquals(evaluation.objects.labeled, 2);
  assertEquals(csv.trim().split("\n")[1].split(",").slice(-7, -5), ["2", "3"]);
  assertEquals(
    json.worst.map((one: { kind: string; areaPx: number }) =>
      `${one.kind} ${one.areaPx}`
    ),
    ["hit 440", "miss 200", "falseAlarm 120", "falseAlarm 50"],
  );
  assertStringIncludes(
    page,
    "http://127.0.0.1:8473/#slide=a%20%26%20%3Cb%3E%231&amp;x=70&amp;y=15&amp;zoom=2",
  );
  assertStringIncludes(page, "tilewise view SLIDES --results");
  assertStringIncludes(page, "a &amp; &lt;b&gt;#1: Dice");
  assert(!page.includes("<b>#1"));
  assertStringIncludes(page, "the minimum object area of their run, 50 px");
});

Deno.test("evaluate names the classes of matched objects", async () => {
  const { page, json, features } = await judge("classes", {
    labels: [[10, 10, 40, 30, 1], [60, 10, 80, 20, 2]],
    found: [[10, 10, 40, 30, 2], [60, 10, 80, 20, 2]],
    summary: { classes: [{ name: "Vein" }, { name: "Artery" }] },
  });
  assertEquals(countsOf(page), ["Hits 1", "Misses 1", "False alarms 1"]);
  const said = features.map((
    { properties }: {
      properties: { classification: { name: string }; name: string };
    },
  ) => `${properties.classification.name} ${properties.name}`);
  assertEquals(said.toSorted(), [
    "False alarm Artery",
    "Hit Artery",
    "Miss Vein",
  ]);
  assertEquals(
    json.worst.map((one: { class: string }) => one.class),
    ["Artery", "Vein", "Artery"],
  );
  assert(!page.includes("Calibration"));
});

Deno.test("evaluate draws slides without objects, and those of which all is missed", async () => {
  const none = await judge("none", { labels: [], found: [] });
  assertEquals(countsOf(none.page), ["Hits 0", "Misses 0", "False alarms 0"]);
  assertEquals([none.features, none.json.worst], [[], []]);
  const missed = await judge("missed", {
    labels: [[0, 0, 120, 90]],
    found: [],
  });
  assertEquals(countsOf(missed.page), ["Hits 0", "Misses 1", "False alarms 0"]);
  assertEquals(missed.json.slides[0].evaluation.objects.predicted, 0);
});

Deno.test("evaluate scores a slide whose pixels cannot be read, and says that pictures are missing", async () => {
  const torn = `${folder}/torn.tif`;
  const blocks = [new Uint8Array(50).fill(7)];
  const tags = { 259: 8 };
  await Deno.writeFile(
    torn,
    await makeTiff([{ ...size, pixels, blocks, tags }]),
  );
  const path = await paint("torn", [[10, 10, 40, 30]]);
  await Deno.rename(`${path}/${name}.mask.png`, `${path}/torn.mask.png`);
  const out = `${folder}/torn/out`;
  const { signal } = new AbortController();
  const { code, error } = await captureConsole(() =>
    evaluate(
      [torn, "--labels", path, "--predicted", path, "--out", out],
      { signal },
    )
  );
  assertEquals(code, 0);
  assertStringIncludes(error, "torn: its pictures are missing: ");
  const json = JSON.parse(await Deno.readTextFile(`${out}/evaluation.json`));
  assertEquals([json.overall[0].evaluation.dice, json.worst], [1, []]);
  assertStringIncludes(json.slides[0].notes[0], "its pictures are missing");
});

Deno.test("evaluate scores what is known of corrections, and says how much that is", async () => {
  const polygon = ([left, top, right, bottom]: Box) => ({
    type: "Polygon",
    coordinates: [[
      ...[[left, top], [right, top], [right, bottom], [left, bottom]],
      [left, top],
    ]],
  });
  const feature = (box: Box, properties: unknown) => ({
    ...{ type: "Feature", id: crypto.randomUUID(), properties },
    geometry: polygon(box),
  });
  const metadata = { "tilewise.state": "accepted" };
  const path = `${folder}/known`;
  await Deno.mkdir(path);
  await Deno.writeTextFile(
    `${path}/${name}.corrected.geojson`,
    JSON.stringify({
      type: "FeatureCollection",
      tilewise: { slide: { name, ...size }, format: 1 },
      features: [
        feature([0, 0, 60, 90], { classification: { name: "Region*" } }),
        feature([10, 10, 40, 30], {
          ...{ classification: { name: "Glomerulus" }, metadata },
        }),
      ],
    }),
  );
  const found = await paint("known/found", [[10, 10, 40, 30], [
    80,
    10,
    90,
    20,
  ]]);
  const out = `${path}/out`;
  const { signal } = new AbortController();
  const { code, error } = await captureConsole(() =>
    evaluate(
      [slide, "--labels", path, "--predicted", found, "--out", out],
      { signal },
    )
  );
  assertEquals(code, 0);
  assertStringIncludes(
    error,
    "only what is known of its labels is scored, 50 % of the slide",
  );
  const json = JSON.parse(await Deno.readTextFile(`${out}/evaluation.json`));
  const { dice, objects } = json.overall[0].evaluation;
  assertEquals([dice, objects.labeled, objects.predicted], [1, 1, 1]);
});

Deno.test("evaluate does not overwrite a slide's matched objects unasked", async () => {
  const out = `${folder}/there`;
  await Deno.mkdir(out);
  await Deno.writeTextFile(`${out}/${name}.matches.geojson`, "mine");
  const labels = await paint("there/labels", []);
  const args = [slide, "--labels", labels, "--predicted", labels, "--out", out];
  const { signal } = new AbortController();
  const error = await captureConsole(() => evaluate(args, { signal }))
    .then(() => undefined, (error) => error);
  assertStringIncludes(String(error), `${name}.matches.geojson`);

  // Nor does it begin with a slide whose name is too long for that file.
  const long = `${folder}/${"n".repeat(220)}.tif`;
  await Deno.copyFile(slide, long);
  const [, ...rest] = args;
  const refused = await captureConsole(() =>
    evaluate([long, ...rest, "--overwrite"], { signal })
  ).then(() => undefined, (error) => error);
  assertStringIncludes(String(refused), "a name of 220 bytes is too long");
});
