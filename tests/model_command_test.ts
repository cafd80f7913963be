// tilewise model: folders made from weights, checked, and found wrong.
import { assert, assertEquals } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { describeFile } from "../src/model_folder/model_files.ts";
import { openModel } from "../src/model_folder/open_model.ts";
import { packModel } from "../src/model_folder/pack_model.ts";
import {
  writeNormalization,
  writeTraining,
} from "../src/predict/checkpoint_metadata.ts";
import { exportNetwork } from "../src/predict/export_network.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { tinyWeights } from "./helpers/make_model.ts";
import { makeTiff } from "./helpers/make_tiff.ts";
import { noise } from "./helpers/noise.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-model-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));
const weights = `${folder}/tiny.safetensors`;
const training = { mpp: 0.5, tile: 64, expansion: 32, classes: ["cell"] };
await Deno.writeFile(
  weights,
  writeSafetensors(readSafetensors(tinyWeights), writeTraining(training)),
);
const run = (...args: string[]) => captureConsole(() => main(args));

Deno.test("model pack makes a folder of weights, and model check tests it here", async () => {
  const out = `${folder}/packed`;
  const args = ["--weights", weights, "--out", out, "--name", "Tiny"];
  const packed = await run("model", "pack", ...args, "--license", "MIT");
  assertEquals([packed.code, packed.error], [
    0,
    "tilewise: The weights do not say all that they were trained with: model.json has the default the normalization of HuBMAP's kidney slides; correct it\n",
  ]);
  const { manifest } = await openModel(out);
  const { mpp, tile, expansion } = manifest.input;
  assertEquals({ mpp, tile, expansion }, {
    mpp: 0.5,
    tile: 64,
    expansion: 32,
  });
  assertEquals(manifest.output.classes, [{ name: "cell" }]);
  assertEquals(manifest.network, { type: "unext", sizes: tinyUnextOptions });
  const checked = await run("model", "check", out);
  assertEquals(checked.code, 0, checked.error);
  assert(
    /^Tiny 1\.0\.0: 1 network, digests match; self-test passed: probabilities differ by \S+, of 0\.01 allowed/
      .test(checked.out),
    checked.out,
  );
  const again = await run("model", "pack", ...args, "--license", "MIT");
  assertEquals(again.code, 1);
  assert(again.error.includes("it exists already"), again.error);
});

Deno.test("model check fails where the network computes something else, and where a file was changed", async () => {
  const out = `${folder}/wrong`;
  const made = { out, name: "T", version: "1", license: "MIT", side: 64 };
  const { manifest } = await packModel([weights], made);
  const file = "test.safetensors";
  const tensors = readSafetensors(await Deno.readFile(`${out}/${file}`));
  const values = new Float32Array(64 * 64).fill(0.5);
  const output = {
    ...tensors.get("output")!,
    data: new Uint8Array(values.buffer),
  };
  const bytes = writeSafetensors(new Map([...tensors, ["output", output]]));
  await Deno.writeFile(`${out}/${file}`, bytes);
  const changed = await run("model", "check", out);
  assertEquals(changed.code, 1);
  assert(changed.error.includes("is another file than the one packed"));
  const test = { ...manifest.test, ...describeFile(file, bytes) };
  const write = (test: unknown) =>
    Deno.writeTextFile(
      `${out}/model.json`,
      JSON.stringify({ ...manifest, test }),
    );
  await write(test);
  const differs = await run("model", "check", out);
  assertEquals(differs.code, 1);
  assert(differs.out.includes("self-test failed"), differs.out);
  await write({
    ...test,
    ...describeFile("weights.safetensors", new Uint8Array(1)),
  });
  assertEquals((await run("model", "check", out)).code, 1);
  const input = tensors.get("input")!;
  const small = { ...input, shape: [63, 64, 3], data: input.data.slice(192) };
  for (
    const [tensors, reason] of [
      [[["input", input]], "must have the tensors input (u8, side×side×3)"],
      [[["input", small], ["output", output]], "must have the tensors input"],
      [[["input", input], ["output", input]], "and output (f32, side×side)"],
      [undefined, 'Cannot test model "T 1": "test.safetensors": '],
    ] as const
  ) {
    const bytes = tensors
      ? writeSafetensors(new Map(tensors))
      : new TextEncoder().encode("a tensor");
    await Deno.writeFile(`${out}/${file}`, bytes);
    await write({ ...manifest.test, ...describeFile(file, bytes) });
    const { code, error } = await run("model", "check", out);
    assertEquals(code, 1);
    assert(/^tilewise: Cannot [^\n]*\n$/.test(error), error);
    assert(error.includes(reason), error);
  }
  await write(undefined);
  const none = await run("model", "check", out);
  assertEquals([none.code, none.out], [
    0,
    "T 1: 1 network, digests match; it has no self-test\n",
  ]);
});

Deno.test("model pack makes a folder of an ONNX file, which model check tests and infer runs", async () => {
  const onnx = `${folder}/tiny.onnx`;
  await Deno.writeFile(
    onnx,
    (await exportNetwork(weights, { tile: 96 })).bytes,
  );
  const out = `${folder}/onnx`;
  const packed = await run(
    ...["model", "pack", "--weights", onnx, "--out", out],
    ...["--name", "Tiny", "--license", "MIT", "--device", "gpu"],
  );
  assertEquals([packed.code, packed.error], [0, ""]);
  const { manifest } = await openModel(out);
  assertEquals(manifest.network, { type: "onnx" });
  assertEquals([manifest.weights[0].file, manifest.input.tile], [
    "weights.onnx",
    64,
  ]);
  const checked = await run("model", "check", out, "--device", "gpu");
  assert(checked.out.includes("self-test passed"), checked.out);
  const slide = `${folder}/slide.tif`;
  const pixels = noise(60, 50);
  await Deno.writeFile(
    slide,
    await makeTiff([{ width: 60, height: 50, pixels }]),
  );
  const segment = async (name: string, ...of: string[]) => {
    const { code, error } = await run(
      ...["infer", slide, "--out", `${folder}/${name}`, "--slide-mpp", "0.5"],
      ...["--normalization", "0.5,0.5,0.5,0.2,0.2,0.2"],
      ...["--format", "rle,json", "--threshold", "0.3", ...of],
    );
    assertEquals(code, 0, error);
    return await Deno.readTextFile(`${folder}/${name}/slide.rle.csv`);
  };
  const mask = await segment("by-model", "--model", out);
  assertEquals(mask, await segment("by-weights", "--weights", weights));
  assert(/^slide,\d+ \d+ /m.test(mask), mask);
});

Deno.test("model pack refuses networks that are normalized differently, or nobody knows how", async () => {
  const other = `${folder}/other.safetensors`;
  const imagenet = { mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } as const;
  await Deno.writeFile(
    other,
    writeSafetensors(
      readSafetensors(tinyWeights),
      writeNormalization(imagenet),
    ),
  );
  const out = `${folder}/none`;
  const { code, error } = await run(
    ...["model", "pack", "--weights", weights, "--weights", other],
    ...["--out", out, "--name", "Two", "--license", "MIT"],
  );
  assertEquals([code, error], [
    1,
    "tilewise: Cannot pack a model: its networks have different normalizations, and a model has one: give mean and standard deviation with --normalization\n",
  ]);
});

Deno.test("model pack leaves nothing where it fails, and says what is missing", async () => {
  const out = `${folder}/none`;
  const args = ["model", "pack", "--weights", weights, "--out", out];
  assert((await run(...args)).error.includes("No name given: add --name NAME"));
  const named = [...args, "--name", "a\nb", "--license", "MIT"];
  const { code, error } = await run(...named);
  assertEquals(code, 1);
  assert(error.includes("name must be a name on one line"), error);
  assertEquals(await Deno.stat(out).catch(() => "none"), "none");
  assertEquals((await run("model")).code, 2);
  assertEquals((await run("model", "check")).code, 2);
});
