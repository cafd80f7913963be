/**
 * Trains the demo's model with the library's trainer: makes slides, trains on them, and writes the weights as
 * `examples/demo_model.safetensors` and the log as `examples/demo_model.csv`:
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
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import {
  type StateDict,
  type TensorData,
  toFloat32,
} from "../src/weights/tensor_data.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { writeSyntheticSlide } from "./synthetic_slide.ts";

const FOLDER = "out/demo_model";

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

const slidesOf = (seed: number) => join(FOLDER, `slides-${seed}`);
const runOf = (index: number) => join(FOLDER, `run-${index}`);

/** The command line of a run. */
function commandOf(index: number): string[] {
  const { seed, slides, options } = RUNS[index];
  const folder = slidesOf(seed);
  return [
    ...["train", "--slides", folder, "--labels", folder],
    ...["--out", runOf(index), "--folds", String(slides / 2)],
    ...["--arch", "examples/demo_model.json", "--seed", "1", "--batch", "4"],
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

async function run(): Promise<number> {
  const logs: string[] = [];
  for (const [i, { seed, slides }] of RUNS.entries()) {
    await makeSlides(slidesOf(seed), { seed, slides });
    const code = await main(commandOf(i));
    if (code !== 0) return code;
    const log = await Deno.readTextFile(join(runOf(i), "log.csv"));
    const lines = log.trim().split("\n").slice(1);
    logs.push(...lines.map((line) => `${i + 1},${line}\n`));
  }
  const best = join(runOf(RUNS.length - 1), "best.safetensors");
  const weights = readSafetensors(await Deno.readFile(best));
  const file = writeSafetensors(
    shrinkWeights(weights, { unused: ["aspp.conv1.weight"] }),
    { format: "pt", arch: "unext", trained_with: "tilewise" },
  );
  await Deno.writeFile("examples/demo_model.safetensors", file);
  const head = "run,epoch,train_loss,val_loss,dice_coef\n";
  await Deno.writeTextFile("examples/demo_model.csv", head + logs.join(""));
  console.log(`examples/demo_model.safetensors: ${file.length} bytes`);
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
