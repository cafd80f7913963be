/**
 * Trains the demo's model with the library's own trainer: makes slides, trains on them, and writes the weights as
 * `examples/demo_model.safetensors` and the log as `examples/demo_model.csv`:
 *
 *     deno run --allow-read --allow-write examples/demo_model_train.ts
 *
 * Slides and runs lie in `out/demo_model`; called again after a stop, it goes on. Without a GPU it takes an hour or more.
 *
 * @module
 */
import { main } from "../src/cli/main.ts";
import { readSafetensors } from "../src/weights/read_safetensors.ts";
import type { StateDict, TensorData } from "../src/weights/tensor_data.ts";
import { toFloat32 } from "../src/weights/to_float32.ts";
import { writeSafetensors } from "../src/weights/write_safetensors.ts";
import { writeSyntheticSlide } from "./synthetic_slide.ts";

/** Seeds of the slides; two of the 14 are kept for validation. */
const SEEDS = Array.from({ length: 14 }, (_, i) => 100 + i);
const FOLDER = "out/demo_model";
const SLIDES = `${FOLDER}/slides`;
const RUN = `${FOLDER}/run`;
const POLISH = `${FOLDER}/polish`;

const COMMON = [
  ...["train", "--slides", SLIDES, "--labels", SLIDES],
  ...["--arch", "examples/demo_model.json", "--folds", "7", "--seed", "1"],
  ...["--tile", "256", "--expansion", "64", "--downsample", "2"],
  ...["--batch", "4", "--resume"],
];
/** The command lines: with all augmentations, then a while on the tiles as they are. */
const COMMANDS = [
  [...COMMON, "--out", RUN, "--epochs", "32", "--lr", "3e-3"],
  [
    ...[...COMMON, "--out", POLISH, "--epochs", "12", "--lr", "2e-3"],
    ...["--from", `${RUN}/best.safetensors`, "--no-augment"],
  ],
];

/**
 * Weights for inference: matrices in f16, vectors in f32, without what the network has no use for.
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
  await Deno.mkdir(SLIDES, { recursive: true });
  for (const seed of SEEDS) {
    const path = `${SLIDES}/kidney-${seed}.tif`;
    const isThere = await Deno.stat(path).then(() => true, () => false);
    if (!isThere) await writeSyntheticSlide(path, { seed, size: 2048 });
  }
  for (const command of COMMANDS) {
    const code = await main(command);
    if (code !== 0) return code;
  }
  const weights = readSafetensors(
    await Deno.readFile(`${POLISH}/best.safetensors`),
  );
  const file = writeSafetensors(
    shrinkWeights(weights, { unused: ["aspp.conv1.weight"] }),
    { format: "pt", arch: "unext", trained_with: "tilewise" },
  );
  await Deno.writeFile("examples/demo_model.safetensors", file);
  const [first, second] = await Promise.all(
    [RUN, POLISH].map((folder) => Deno.readTextFile(`${folder}/log.csv`)),
  );
  const more = second.slice(second.indexOf("\n") + 1);
  await Deno.writeTextFile("examples/demo_model.csv", first + more);
  console.log(`examples/demo_model.safetensors: ${file.length} bytes`);
  return 0;
}

if (import.meta.main) Deno.exit(await run());
