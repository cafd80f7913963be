// tilewise model: folders made from weights, checked, and found wrong.
import { assert, assertEquals } from "@std/assert";
import { main } from "../src/cli/main.ts";
import { describeFile } from "../src/model_folder/model_files.ts";
import { openModel } from "../src/model_folder/open_model.ts";
import { packModel } from "../src/model_folder/pack_model.ts";
import { writeTraining } from "../src/predict/checkpoint_metadata.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { tinyWeights } from "./helpers/make_model.ts";
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
  assertEquals(packed.code, 0, packed.error);
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
  await write(undefined);
  const none = await run("model", "check", out);
  assertEquals([none.code, none.out], [
    0,
    "T 1: 1 network, digests match; it has no self-test\n",
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
