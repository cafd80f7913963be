/**
 * Trains the demo's model with the library's trainer: makes slides, trains on them, and writes `examples/demo_model`:
 *
 *     deno run --allow-read --allow-write examples/demo_model_train.ts
 *
 * Slides and runs are in `out/demo_model`; run again after a stop, it continues. Without a GPU it takes an hour or
 * more.
 *
 * @module
 */
import { join } from "node:path";
import { main } from "../src/cli/main.ts";
import { packModel } from "../src/model_folder/pack_model.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import {
  type StateDict,
  type TensorData,
  toFloat32,
} from "../src/weights/tensor_data.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { writeSyntheticSlide } from "./synthetic_slide.ts";

const FOLDER = "out/demo_model";
const MODEL = "examples/demo_model";

/** The sizes of its UNeXt. */
const SIZES = {
  stem: 16,
  blocks: [1, 1, 1, 1],
  widths: [16, 32, 64, 128],
  groups: 4,
  channels: [32, 64, 128, 256],
  aspp: { mid: 32, out: 64, groups: 4, dilations: [1, 2, 3, 4] },
  decoder: [32, 32, 16, 16],
  fpn: { mid: 16, out: 8 },
  asppDropout: 0.1,
};

/**
 * The runs, each from the best weights of the one before: first with augmentation, then without, then on other slides. Two
 * slides of each are for validation.
 */
const RUNS = [
  { seed: 100, slides: 14, options: ["--epochs", "32", "--lr", "3e-3"] },
  {
    seed: 100,
    slides: 14,
    options: ["--epochs", "12", "--lr", "2e-3", "--no-augment"],
  },
  {
    seed: 114,
    slides: 20,
    options: ["--epochs", "8", "--lr", "2e-3", "--no-augment"],
  },
];

const ARCH = join(FOLDER, "unext.json");
const slidesOf = (seed: number) => join(FOLDER, `slides-${seed}`);
const runOf = (index: number) => join(FOLDER, `run-${index}`);

/** The command line of a run. */
function commandOf(index: number): string[] {
  const { seed, slides, options } = RUNS[index];
  const folder = slidesOf(seed);
  return [
    ...["train", "--slides", folder, "--labels", folder],
    ...["--out", runOf(index), "--folds", String(slides / 2)],
    ...["--arch", ARCH, "--seed", "1", "--batch", "4"],
    ...["--tile", "256", "--expansion", "64", "--downsample", "2"],
    ...options,
    ...(index > 0
      ? ["--from", join(runOf(index - 1), "best.safetensors")]
      : []),
    "--resume",
  ];
}

/**
 * Weights for inference: matrices in f16, vectors in f32, without unused ones.
 *
 * @param unused Keys to leave out.
 */
export function shrinkWeights(
  weights: StateDict,
  { unused }: { readonly unused: readonly string[] },
): StateDict {
  const small = new Map<string, TensorData>();
  for (const [key, tensor] of weights) {
    if (unused.includes(key)) continue;
    if (tensor.dtype !== "f32" || tensor.shape.length < 2) {
      small.set(key, tensor);
      continue;
    }
    const { buffer } = Float16Array.from(toFloat32(tensor));
    const data = new Uint8Array(buffer);
    small.set(key, { shape: tensor.shape, dtype: "f16", data });
  }
  return small;
}

/**
 * Makes the model's folder.
 *
 * @param weights Its weights.
 * @param options.log The log of its training: a header, and a line for each epoch.
 */
export async function packDemo(
  weights: string,
  { log, out }: { readonly log: readonly string[]; readonly out: string },
): Promise<void> {
  await packModel([weights], {
    ...{ out, version: "1.0.0", license: "MIT", side: 128 },
    name: "Glomeruli of synthetic slides",
    description:
      "Finds glomeruli in the slides that examples/synthetic_slide.ts makes up, so that the demo and the tests have weights that really find something. It has never seen a real kidney and is of no use on one.",
    input: { downsample: 2, tile: 512, expansion: 128 },
    classes: [{ name: "glomerulus" }],
    provenance: {
      software: "Tilewise 0.1.0",
      data: {
        slides: "synthetic, 2048 × 2048 px: seeds 100 to 113, 114 to 133",
        tiles: "256 px at half the size",
        validation: "two slides of each set, which choose the epoch",
      },
      training: {
        command:
          "deno run --allow-read --allow-write examples/demo_model_train.ts",
        epochs: "32 with augmentation and 12 without, 8 on other slides",
        batch: 4,
        encoder: "not pretrained",
        time: "an hour and a half on two busy cores with a software driver",
        weights: "matrices rounded to f16 after training",
      },
      metrics: METRICS,
      log,
    },
  });
}

/**
 * Dice with the truth at full resolution, on slides that it was not trained on, as `deno task demo --seed N` prints it; measured
 * for the weights in the repository.
 */
const METRICS = {
  ...{ "Dice, seed 1": 0.945, "Dice, seed 2": 0.955, "Dice, seed 3": 0.938 },
  ...{ "Dice, seed 300": 0.931, "Dice, seed 301": 0.963 },
  ...{ "Dice, seed 302": 0.964, "Dice, seed 400": 0.938 },
  "Dice, seed 401": 0.96,
};

async function run(): Promise<number> {
  const logs: string[] = [];
  await Deno.mkdir(FOLDER, { recursive: true });
  await Deno.writeTextFile(ARCH, JSON.stringify(SIZES));
  for (const [i, { seed, slides }] of RUNS.entries()) {
    await makeSlides(slidesOf(seed), { seed, slides });
    const code = await main(commandOf(i));
    if (code !== 0) return code;
    const log = await Deno.readTextFile(join(runOf(i), "log.csv"));
    const lines = log.trim().split("\n").slice(1);
    logs.push(...lines.map((line) => `${i + 1},${line}`));
  }
  const best = join(runOf(RUNS.length - 1), "best.safetensors");
  const weights = readSafetensors(await Deno.readFile(best));
  const file = writeSafetensors(
    shrinkWeights(weights, { unused: ["aspp.conv1.weight"] }),
    { format: "pt", arch: "unext", trained_with: "tilewise" },
  );
  const small = join(FOLDER, "small.safetensors");
  await Deno.writeFile(small, file);
  const log = ["run,epoch,train_loss,val_loss,dice_coef", ...logs];
  await Deno.remove(MODEL, { recursive: true });
  await packDemo(small, { log, out: MODEL });
  console.log(`${MODEL}: weights of ${file.length} bytes`);
  return 0;
}

async function makeSlides(
  folder: string,
  { seed, slides }: { readonly seed: number; readonly slides: number },
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (let i = seed; i < seed + slides; i++) {
    const path = join(folder, `kidney-${i}.tif`);
    const exists = await Deno.stat(path).then(() => true, () => false);
    if (!exists) await writeSyntheticSlide(path, { seed: i, size: 2048 });
  }
}

if (import.meta.main) Deno.exit(await run());
