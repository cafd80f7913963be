import { join } from "node:path";
import type { ModelManifest } from "../../src/model_folder/manifest.ts";
import { describeFile } from "../../src/model_folder/model_files.ts";
import { writeSafetensors } from "../../src/weights/write_safetensors.ts";
import { syntheticStateDict } from "./synthetic_state_dict.ts";
import { tinyUnext, tinyUnextOptions } from "./tiny_unext.ts";

/** Weights of the tiny UNeXt, as a file. */
export const tinyWeights: Uint8Array<ArrayBuffer> = writeSafetensors(
  syntheticStateDict(tinyUnext, { bias: 0.1 }),
);

/** The manifest of a model of {@linkcode tinyWeights}. */
export const tinyManifest: ModelManifest = {
  format: "tilewise-model/1",
  name: "Tiny",
  version: "1.0.0",
  license: "MIT",
  weights: [describeFile("weights.safetensors", tinyWeights)],
  network: { type: "unext", sizes: tinyUnextOptions },
  input: {
    downsample: 1,
    tile: 32,
    expansion: 32,
    channels: ["red", "green", "blue"],
    range: [0, 255],
    mean: [127.5, 127.5, 127.5],
    std: [51, 51, 51],
  },
  output: {
    activation: "sigmoid",
    threshold: 0.4,
    minimumArea: { value: 3, unit: "px" },
    classes: [{ name: "cell", color: "#c8102e" }],
  },
};

/** Writes a model's folder. */
export async function makeModel(
  folder: string,
  manifest: unknown = tinyManifest,
): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeFile(join(folder, "weights.safetensors"), tinyWeights);
  await Deno.writeTextFile(
    join(folder, "model.json"),
    JSON.stringify(manifest, null, 2),
  );
  return folder;
}
