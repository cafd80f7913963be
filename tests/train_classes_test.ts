// Two classes from a synthetic slide to scores: generate, train, infer, evaluate.
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { CLASSES, writeSyntheticSlide } from "../examples/synthetic_slide.ts";
import { main } from "../src/cli/main.ts";
import { chooseNetwork } from "../src/run/choose_network.ts";
import {
  readSafetensors,
  readSafetensorsMetadata,
} from "../src/weights/read_safetensors.ts";
import { captureConsole } from "./helpers/capture_console.ts";
import { tinyUnextOptions } from "./helpers/tiny_unext.ts";

const folder = await Deno.makeTempDir({ prefix: "tilewise-classes-" });
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

for (const name of ["slides", "labels"]) await Deno.mkdir(`${folder}/${name}`);
// Seeds with vessels, which are few.
for (const seed of [16, 24]) {
  const { mask } = await writeSyntheticSlide(
    `${folder}/slides/kidney_${seed}.tif`,
    { seed, size: 768, classes: true },
  );
  const name = mask!.split("/").at(-1);
  await Deno.rename(mask!, `${folder}/labels/${name}`);
}
const arch = `${folder}/tiny.json`;
await Deno.writeTextFile(arch, JSON.stringify(tinyUnextOptions));

const run = (args: readonly string[]) => captureConsole(() => main(args));
const several = CLASSES.flatMap((name) => ["--class", name]);

const metadataOf = async (path: string) =>
  JSON.parse(
    readSafetensorsMetadata(await Deno.readFile(`${folder}/${path}`)).training,
  );

Deno.test("train learns two classes, and evaluate scores the model as it scores the results of infer", async () => {
  const trained = await run([
    ...[
      "train",
      "--slides",
      `${folder}/slides`,
      "--labels",
      `${folder}/labels`,
    ],
    ...[...several, "--out", `${folder}/softmax`, "--arch", arch],
    ...["--tile", "32", "--expansion", "32", "--downsample", "8"],
    ...["--epochs", "1", "--batch", "3", "--folds", "2", "--lr", "1e-3"],
    ...["--activation", "softmax"],
  ]);
  assertEquals(trained.code, 0, trained.error);
  const header =
    "epoch,train_loss,val_loss,dice_coef,dice_glomerulus,dice_vessel";
  assertStringIncludes(trained.error, header);
  const number = String.raw`\d\.\d{6}`;
  assertMatch(trained.out, new RegExp(`^1(,${number}){5}\n$`));
  const [, , , dice, ...each] = trained.out.trim().split(",").map(Number);
  assert(Math.abs(dice - (each[0] + each[1]) / 2) < 2e-6);
  const { outputs, activation, classes } = await metadataOf(
    "softmax/best.safetensors",
  );
  assertEquals(outputs.map(({ name }: { name: string }) => name), [...CLASSES]);
  assertEquals([activation, classes], ["softmax", [...CLASSES]]);
  const weights = `${folder}/softmax/best.safetensors`;
  const { shape } = readSafetensors(await Deno.readFile(weights))
    .get("final_conv.0.weight")!;
  assertEquals(shape[0], 3);
  const page = await Deno.readTextFile(`${folder}/softmax/train.html`);
  assertStringIncludes(page, "mean Dice");
  assertStringIncludes(page, "vessel 0");

  // The classes are those that the weights record.
  const labels = ["--labels", `${folder}/labels`];
  const model = await run([
    ...["evaluate", `${folder}/slides`, ...labels, "--weights", weights],
    ...["--out", `${folder}/scores`],
  ]);
  assertEquals(model.code, 0, model.error);
  assertStringIncludes(
    model.error,
    "classes glomerulus, vessel that best.safetensors was trained with",
  );
  const lines = model.out.trim().split("\n");
  assertMatch(
    lines[0],
    /^kidney_16 \(expansion 32\), mean of [12] class(es)?: Dice/,
  );
  assertMatch(lines[2], /^kidney_16 \(expansion 32\), vessel: Dice/);
  const results = `${folder}/results`;
  const inferred = await run([
    ...["infer", `${folder}/slides`, "--weights", weights, "--out", results],
    ...["--format", "tiff,json", "--quiet"],
  ]);
  assertEquals(inferred.code, 0, inferred.error);
  const files = await run([
    ...["evaluate", `${folder}/slides`, ...labels, "--predicted", results],
  ]);
  assertEquals(files.error, "");
  assertEquals(
    files.out.replaceAll("(predicted)", "(expansion 32)")
      .replace("percent, predicted", "percent, expansion 32")
      .replace(/^Masks are scored.*\n/m, ""),
    model.out,
  );
});

Deno.test("chooseNetwork() begins the last layer anew for other classes, and says so", async () => {
  const from = `${folder}/softmax/best.safetensors`;
  const saved = readSafetensors(await Deno.readFile(from));
  const choose = (classes: number, activation: "sigmoid" | "softmax") =>
    chooseNetwork({ from, seed: 1, classes, activation });
  const same = await choose(2, "softmax");
  assertEquals(same.notice, undefined);
  const key = "final_conv.0.weight";
  assertEquals(same.weights.get(key)?.data, saved.get(key)?.data);
  for (
    const [classes, activation, needs] of [
      [2, "sigmoid", "2 classes need 2 (sigmoid)"],
      [3, "sigmoid", "3 classes need 3 (sigmoid)"], // as many outputs, of other things
      [1, "sigmoid", "1 class needs 1 (sigmoid)"],
    ] as const
  ) {
    const { notice, weights, architecture } = await choose(classes, activation);
    assertEquals(
      notice,
      `The last layer begins anew: that of best.safetensors has 3 outputs (softmax), and ${needs}`,
    );
    assertEquals(weights.get(key)?.shape[0], classes);
    assertNotEquals(weights.get(key)?.data, saved.get(key)?.data);
    const first = "enc0.0.weight";
    assertEquals(weights.get(first)?.data, saved.get(first)?.data);
    assertEquals(architecture.name, "unext");
  }
});
