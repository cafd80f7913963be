// Models in folders: opened, refused, and run by the commands with the settings that they name.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { MAX_MODEL_JSON } from "../src/io/limits.ts";
import { manifestFaults } from "../src/model_folder/manifest.ts";
import { openModel } from "../src/model_folder/open_model.ts";
import { inferBatch } from "../src/run/infer_batch.ts";
import { makeModel, tinyManifest } from "./helpers/make_model.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-models-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
const model = await makeModel(`${folder}/tiny`);
const slide = `${folder}/slide.tif`;
await Deno.writeFile(
  slide,
  await makeTiff([{ width: 80, height: 70, pixels: noise(80, 70) }]),
);

/** A copy of the manifest with some fields replaced, by their paths. */
function changed(changes: Readonly<Record<string, unknown>>): unknown {
  const copy = structuredClone(tinyManifest) as unknown as Record<
    string,
    unknown
  >;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(".");
    const last = keys.pop()!;
    let place = copy;
    for (const key of keys) place = place[key] as Record<string, unknown>;
    if (value === undefined) delete place[last];
    else place[last] = value;
  }
  return copy;
}

Deno.test("manifestFaults() says each thing that is wrong in a line", () => {
  assertEquals(manifestFaults(tinyManifest), []);
  const cases: [Record<string, unknown>, string[]][] = [
    [{ license: undefined }, ["license is missing"]],
    [{ name: "a\u001b[2J" }, [
      'name must be a name on one line, received "a\\u001b[2J"',
    ]],
    [{ "output.treshold": 0.5 }, [
      "output.treshold is not a field that is known",
    ]],
    [{ "output.threshold": 2, "input.tile": "64" }, [
      'input.tile must be a whole number, received "64"',
      "output.threshold must be from 0 to 1, received 2",
    ]],
    [{ "weights.0.file": "../w.safetensors" }, [
      'weights[0].file must be a path inside the folder, such as weights.safetensors, of letters, digits, dots, dashes and underscores, received "../w.safetensors"',
    ]],
    [{ "weights.0.sha256": "abc" }, [
      'weights[0].sha256 must be 64 hexadecimal digits in lower case, received "abc"',
    ]],
    [{ "input.mpp": 0.5 }, ["input must have mpp or downsample, and not both"]],
    [{ "input.downsample": undefined }, [
      "input must have mpp or downsample, and not both",
    ]],
    [{ "input.channels": ["blue", "green", "red"] }, [
      "input.channels must be red, green, blue in this order, received blue, green, red",
    ]],
    [{ "input.range": [-1, 1] }, [
      "input.range must be [0, 1] or [0, 255], received [-1,1]",
      "input.mean and input.std must lie in input.range",
    ]],
    [{ "input.range": [0, 1] }, [
      "input.mean and input.std must lie in input.range",
    ]],
    [{ "network.sizes": undefined }, [
      "network.sizes is missing, which the type unext needs",
    ]],
    [{ "network.type": "onnx" }, ["network.sizes is for the type unext alone"]],
    [{ "network.type": "transformer" }, [
      'network.type must be "unext" or "onnx", received "transformer"',
    ]],
    [{ "output.activation": "relu" }, [
      'output.activation must be "sigmoid" or "softmax", received "relu"',
    ]],
    [{ "output.classes": [{ name: "a" }, { name: "a" }] }, [
      'output.classes cannot be used: two classes have the name "a"',
    ]],
    [{ "output.classes": [] }, [
      "output.classes must have 1 to 255 items, received 0",
    ]],
    [{ "output.classes.0.color": "red" }, [
      'output.classes[0].color must be a color like #c8102e, received "red"',
    ]],
    [{ weights: [...tinyManifest.weights, ...tinyManifest.weights] }, [
      "its files must have different names",
    ]],
    [{ format: "tilewise-model/2", name: 5 }, [
      'its format is "tilewise-model/2", and this version of Tilewise reads "tilewise-model/1": use a newer Tilewise, or a model in that format',
    ]],
    [{ format: "onnx" }, [
      'format must be "tilewise-model/1", received "onnx"',
    ]],
  ];
  for (const [changes, faults] of cases) {
    assertEquals(manifestFaults(changed(changes)), faults);
  }
  for (const value of [null, [], 5, "x"]) {
    assertEquals(manifestFaults(value).length, 1);
  }
});

Deno.test("openModel() reads a model's folder, by its name or that of its model.json", async () => {
  for (const source of [model, `${model}/`, `${model}/model.json`]) {
    const opened = await openModel(source);
    assertEquals(opened.manifest, tinyManifest);
    assertEquals(opened.normalization.mean, [0.5, 0.5, 0.5]);
    assertEquals(opened.normalization.std, [0.2, 0.2, 0.2]);
  }
  const opened = await openModel(model);
  await using loaded = await opened.load();
  const [{ name, architecture, normalization }] = loaded.networks;
  assertEquals(
    [name, architecture.name, normalization],
    ["weights.safetensors", "unext", opened.normalization],
  );
});

Deno.test("openModel() refuses what is not a model's folder, and files that are not the packed ones", async () => {
  const place = `${folder}/bad`;
  const refused = async (message: string) => {
    await assertRejects(() => openModel(place), Error, message);
  };
  await refused("the folder does not exist");
  await Deno.mkdir(place);
  await refused('the folder has no model.json; make one with "tilewise model');
  await Deno.writeTextFile(`${place}/model.json`, "{");
  await refused("its model.json is not JSON");
  await Deno.writeTextFile(
    `${place}/model.json`,
    " ".repeat(MAX_MODEL_JSON + 1),
  );
  await refused("it has more than 1048576 bytes");
  await makeModel(place, changed({ version: "", name: undefined }));
  await refused(
    "in its model.json, name is missing; version must be a version",
  );
  await makeModel(place);
  const path = `${place}/weights.safetensors`;
  const bytes = await Deno.readFile(path);
  bytes[bytes.length - 1] ^= 1;
  await Deno.writeFile(path, bytes);
  await refused('"weights.safetensors" is another file than the one packed');
  await Deno.writeFile(path, bytes.subarray(1));
  await refused("it is cut short, or another file");
  await Deno.remove(path);
  await refused('"weights.safetensors" is missing');
  await assertRejects(
    () => openModel(slide),
    TypeError,
    "it is not a folder with a model.json; weights alone are for --weights",
  );
});

Deno.test("a model's weights must be those of the network that its model.json describes", async () => {
  const place = await makeModel(
    `${folder}/other`,
    changed({ "network.sizes.stem": 16 }),
  );
  const opened = await openModel(place);
  await assertRejects(() => opened.load(), Error, "Cannot use");
});

/** Segments the slide, and reads what the summary says. */
async function segment(
  name: string,
  options: Partial<Parameters<typeof inferBatch>[1]> = {},
) {
  const out = `${folder}/${name}`;
  const notices: string[] = [];
  const [entry] = await inferBatch([slide], {
    ...{ model, out, formats: new Set(["json", "objects"]) },
    ...options,
    onEvent(event) {
      if ("text" in event) notices.push(event.text);
    },
  });
  const summary = JSON.parse(await Deno.readTextFile(`${out}/slide.json`));
  return { entry, notices, settings: summary.settings, summary };
}

Deno.test("inferBatch() takes its settings from the model, and what is given in their place", async () => {
  const opened = await openModel(model);
  const { settings, summary, notices } = await segment("defaults");
  const { size, expansion, downsample, threshold, minArea } = settings;
  assertEquals(
    { size, expansion, downsample, threshold, minArea, class: settings.class },
    {
      ...{ size: 32, expansion: 32, downsample: 1, threshold: 0.4 },
      ...{ minArea: "3 px", class: "cell" },
    },
  );
  assertEquals(settings.model, opened.label);
  assertEquals(summary.model[0].normalization, opened.normalization);
  assertEquals(summary.model[0].sha256, tinyManifest.weights[0].sha256);
  assert(
    notices.includes(
      "Using the scale of downsample 1, tile 32, expansion 32, class cell that Tiny 1.0.0 was trained with",
    ),
    notices.join("\n"),
  );
  const normalization = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const own = await segment("own", {
    ...{ threshold: 0.7, tile: 64, expansion: 0, normalization },
    minArea: { value: 0, unit: "px" },
  });
  assertEquals(
    [own.settings.size, own.settings.expansion, own.settings.threshold],
    [64, 0, 0.7],
  );
  assertEquals(own.settings.minArea, "0 px");
  assertEquals(own.summary.model[0].normalization, normalization);
  assert(
    own.notices.some((text) =>
      text === "the tile size is 64, but Tiny 1.0.0 was trained with 32"
    ),
    own.notices.join("\n"),
  );
});

Deno.test("the fingerprint of a run names the model: another version is another run", async () => {
  const of = async (name: string, given: object = {}) =>
    (await segment(name, given)).settings.fingerprint;
  const first = await of("first");
  const moved = await makeModel(`${folder}/moved`);
  assertEquals(await of("second", { model: moved }), first);
  const next = await makeModel(
    `${folder}/next`,
    changed({ version: "1.0.1" }),
  );
  assert(await of("third", { model: next }) !== first);
  const { entry } = await segment("first", { resume: true });
  assertEquals(entry.status, "complete");
});
