// A network of several classes from weights to files, read back by other readers and compared with plain loops.
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { decode as decodePng } from "fast-png";
import { fromArrayBuffer } from "geotiff";
import { colorsOf, rgbOf } from "../src/io/classes.ts";
import { openLabels } from "../src/labels/open_labels.ts";
import { decodeRle } from "../src/masks/rle/decode_rle.ts";
import { unextArchitecture } from "../src/models/architecture.ts";
import { testModel } from "../src/model_folder/test_model.ts";
import { writeTraining } from "../src/predict/checkpoint_metadata.ts";
import { loadModel } from "../src/predict/load_model.ts";
import { predictTiles } from "../src/predict/predict_tiles.ts";
import {
  inferBatch,
  type InferBatchOptions,
  inferCohort,
  mergeCohort,
  openModel,
  packModel,
  planCohort,
} from "../src/run/mod.ts";
import { openSlide } from "../src/slide/open_slide.ts";
import { streamTiles } from "../src/tiles/stream_tiles.ts";
import { tileSpan } from "../src/tiles/plan_tiles.ts";
import type { StateDict } from "../src/weights/tensor_data.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-classes-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
const [width, height] = [70, 50];
const CLASSES = [
  { name: "tumor", color: "#123456" },
  { name: "stroma, loose" },
  { name: "vessel" },
];
const COLORS = colorsOf(CLASSES);
const architecture = unextArchitecture("tiny", {
  ...tinyUnextOptions,
  outputs: 3,
});
const tiling = { tile: 32, expansion: 32, downsample: 1 };
const [slide, weights] = [`${folder}/a.tif`, `${folder}/w.safetensors`];
await Deno.writeFile(
  slide,
  await makeTiff([{ width, height, pixels: noise(width, height) }]),
);

/** Probabilities of each class over the slide, pasted by plain loops. */
async function probabilitiesOf(weights: StateDict): Promise<Float32Array[]> {
  await using model = await loadModel(architecture, weights, {
    classes: CLASSES,
  });
  await using opened = await openSlide(slide);
  const { tile: size, expansion, downsample } = tiling;
  const tiles = streamTiles(opened, { size, expansion, downsample });
  const planes = CLASSES.map(() => new Float32Array(width * height));
  const predictions = predictTiles(tiles, model, { probabilities: true });
  for await (const { tile, probabilities } of predictions) {
    const span = tileSpan(tile);
    for (const [k, plane] of planes.entries()) {
      for (let i = 0; i < span * span; i++) {
        const [x, y] = [tile.x + i % span, tile.y + Math.floor(i / span)];
        if (x < 0 || y < 0 || x >= width || y >= height) continue;
        plane[y * width + x] = probabilities[k][i];
      }
    }
  }
  return planes;
}

// Biases with which each class is about as probable as not, so that all occur.
const plain = await probabilitiesOf(
  syntheticStateDict(architecture, { bias: [0, 0, 0] }),
);
const bias = plain.map((plane) => {
  const middle = plane.toSorted()[plane.length >> 1];
  return -Math.log(middle / (1 - middle));
});
const stateDict = syntheticStateDict(architecture, { bias });
await Deno.writeFile(
  weights,
  writeSafetensors(stateDict, writeTraining({ ...tiling, outputs: CLASSES })),
);
const planes = await probabilitiesOf(stateDict);
const mask = planes[0].map((_, i) => {
  const own = planes.map((plane) => plane[i]);
  const best = Math.max(...own);
  return best > 0.5 ? own.indexOf(best) + 1 : 0;
});
const formats: InferBatchOptions["formats"] = new Set(
  ["rle", "tiff", "png", "geojson", "objects", "json", "html", "probability"],
);

async function infer(
  out: string,
  options: Partial<InferBatchOptions> = {},
): Promise<string | undefined> {
  const [entry] = await inferBatch([slide], {
    ...{ weights: [weights], out: `${folder}/${out}`, formats },
    ...{ reproducible: true, ...options },
  });
  return entry.error ?? entry.status;
}

/** The files of a folder by name, but for what tells of a run. */
async function bytesIn(path: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const names = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  for (const name of names.sort()) {
    if (name.endsWith(".run.json")) continue;
    const bytes = await Deno.readFile(`${path}/${name}`);
    files[name] = new TextDecoder("latin1").decode(bytes);
  }
  return files;
}

/** Areas of a class's objects, 4-connected, by flooding. */
function areasOf(value: number): number[] {
  const left = mask.map((one) => one === value ? 1 : 0);
  const areas: number[] = [];
  for (let start = 0; start < left.length; start++) {
    if (left[start] === 0) continue;
    let area = 0;
    const queue = [start];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (left[at] === 0) continue;
      left[at] = 0;
      area++;
      const [x, y] = [at % width, Math.floor(at / width)];
      if (x > 0) queue.push(at - 1);
      if (x + 1 < width) queue.push(at + 1);
      if (y > 0) queue.push(at - width);
      if (y + 1 < height) queue.push(at + width);
    }
    areas.push(area);
  }
  return areas.sort((a, b) => a - b);
}

async function valuesOf(path: string): Promise<{
  readonly values: Uint8Array;
  readonly photometric: number | undefined;
  readonly colors: ArrayLike<number> | undefined;
  readonly description: string | undefined;
}> {
  const { buffer } = await Deno.readFile(path);
  const image = await (await fromArrayBuffer(buffer)).getImage();
  const [values] = await image.readRasters() as unknown as [Uint8Array];
  const directory = image.getFileDirectory();
  return {
    values,
    photometric: directory.getValue("PhotometricInterpretation"),
    colors: await directory.loadValue("ColorMap"),
    description: await directory.loadValue("ImageDescription"),
  };
}

Deno.test("infer writes several classes, which others read as they are", async () => {
  assertEquals(await infer("out"), "done");
  const path = (suffix: string) => `${folder}/out/a.${suffix}`;
  assertEquals(new Set(mask), new Set([0, 1, 2, 3]));

  const { values, photometric, colors, description } = await valuesOf(
    path("mask.tif"),
  );
  assertEquals(values, Uint8Array.from(mask));
  assertEquals(photometric, 3);
  for (const [k, color] of COLORS.entries()) {
    const entry = [0, 1, 2].map((channel) => colors![channel * 256 + k + 1]);
    assertEquals(entry, rgbOf(color).map((byte) => byte * 257));
  }
  assertStringIncludes(description!, '<M K="2">stroma, loose</M>');
  assertStringIncludes(
    description!,
    'Name="Classes: 0 background, 1 tumor, 2 stroma, loose, 3 vessel"',
  );

  for (const [k, plane] of planes.entries()) {
    const { values, description } = await valuesOf(
      path(`probability-${k + 1}.tif`),
    );
    const expected = plane.map((p) => Math.floor(255 * p + 0.5));
    assertEquals(values, Uint8Array.from(expected));
    assertStringIncludes(description!, `Probability of ${CLASSES[k].name}`);
  }

  const [head, ...lines] = (await Deno.readTextFile(path("rle.csv"))).trim()
    .split("\n");
  assertEquals(head, "id_class,predicted");
  for (const [k, { name }] of CLASSES.entries()) {
    const id = name.includes(",") ? `"a_${name}"` : `a_${name}`;
    const line = lines[k];
    assertEquals(line.slice(0, id.length + 1), `${id},`);
    const decoded = decodeRle(line.slice(id.length + 1), { width, height });
    assertEquals(decoded, Uint8Array.from(mask, (v) => Number(v === k + 1)));
  }

  const { features } = JSON.parse(await Deno.readTextFile(path("geojson")));
  const rows = (await Deno.readTextFile(path("objects.csv"))).trim().split(
    "\n",
  );
  assertEquals(rows.length, features.length + 1);
  const { objects, classes, settings } = JSON.parse(
    await Deno.readTextFile(path("json")),
  );
  assertEquals(settings.classes, CLASSES);
  assertEquals(settings.class, undefined);
  const page = await Deno.readTextFile(path("html"));
  let count = 0;
  for (const [k, { name }] of CLASSES.entries()) {
    const areas = areasOf(k + 1);
    count += areas.length;
    const own = features.filter((
      one: { properties: { classification: { name: string } } },
    ) => one.properties.classification.name === name);
    const found = own.map((
      { properties }: { properties: { measurements: Record<string, number> } },
    ) => properties.measurements["Area px^2"]);
    assertEquals(found.sort((a: number, b: number) => a - b), areas);
    const { classification, measurements } = own[0].properties;
    assertEquals(classification.color, [...rgbOf(COLORS[k])]);
    assert(measurements["mean probability"] > 0.5);
    const quoted = name.includes(",") ? `"${name}"` : name;
    const inTable = rows.filter((row) => row.includes(`,${quoted},`));
    assertEquals(inTable.length, areas.length);
    const total = areas.reduce((sum, area) => sum + area, 0);
    assertEquals([classes[k].name, classes[k].color], [name, COLORS[k]]);
    assertEquals(classes[k].objects.count, areas.length);
    assertEquals(classes[k].objects.areaPx.total, total);
    assertEquals(classes[k].positiveFraction, total / (width * height));
    assertStringIncludes(page, name);
    assertStringIncludes(page, COLORS[k]);
  }
  assertEquals(objects.count, count);

  const png = decodePng(await Deno.readFile(path("mask.png")));
  assertEquals(Uint8Array.from(png.data), Uint8Array.from(mask));
  assertEquals(png.palette?.slice(1, 4), COLORS.map((one) => [...rgbOf(one)]));
});

Deno.test("masks, codes and polygons of several classes are read back as labels", async () => {
  const names = CLASSES.map(({ name }) => name);
  for (const suffix of ["mask.tif", "mask.png", "rle.csv", "geojson"]) {
    const path = `${folder}/out/a.${suffix}`;
    const labels = await openLabels(path, { classes: names });
    await using source = await labels.open({ name: "a", width, height });
    const found = await source!.readRegion({ x: 0, y: 0, width, height });
    assertEquals(found, Uint8Array.from(mask), suffix);
  }
});

Deno.test("infer --resume, and parts of a cohort, end in the bytes of one run of several classes", async () => {
  assertEquals(await infer("out", { resume: true }), "complete");
  const cohort = `${folder}/cohort`;
  await planCohort([slide], {
    ...{ weights: [weights], out: cohort, formats, partsOf: 3 },
  });
  await inferCohort(cohort, { choose: { shard: [1, 1] } });
  await mergeCohort(cohort, { out: `${folder}/merged` });
  assertEquals(
    await bytesIn(`${folder}/merged`),
    await bytesIn(`${folder}/out`),
  );
});

Deno.test("a model's folder of several classes is packed, tested and run", async () => {
  const out = `${folder}/model`;
  await packModel([weights], {
    ...{ out, name: "Three", version: "1.0.0", license: "MIT", side: 64 },
  });
  const opened = await openModel(out);
  const { activation, classes } = opened.manifest.output;
  assertEquals([activation, classes], ["sigmoid", CLASSES]);
  const { difference, tolerance } = (await testModel(opened))!;
  assert(difference < tolerance);
  assertEquals(
    await infer("model-out", {
      weights: [],
      model: out,
      formats: new Set(["tiff"]),
    }),
    "done",
  );
  const { values } = await valuesOf(`${folder}/model-out/a.mask.tif`);
  assertEquals(values, Uint8Array.from(mask));
});

Deno.test("infer refuses names that do not fit the network's classes", async () => {
  const named = (...names: string[]) => names.map((name) => ({ name }));
  const refused = (options: Partial<InferBatchOptions>, says: string) =>
    assertRejects(() => infer("refused", options), Error, says);
  await refused(
    { classes: named("a") },
    "its network has 3 outputs, which does not fit 1 class",
  );
  await refused(
    { className: "a" },
    "the network has several (tumor, stroma, loose, vessel); use --class-name for each, not --class",
  );
  await refused(
    { classes: named("a", "a", "b") },
    'two classes have the name "a"',
  );
});
