import { writeSafetensors } from "../../src/weights/write_safetensors.ts";
import { makeTiff } from "../helpers/make_tiff.ts";
import { noise } from "../helpers/noise.ts";
import { syntheticStateDict } from "../helpers/synthetic_state_dict.ts";
import { tinyUnext, tinyUnextOptions } from "../helpers/tiny_unext.ts";
import { normalize } from "./normalize.ts";

/** What is killed: a command line, the same for all runs, with its results in the folder `out`. */
export interface Job {
  readonly name: string;
  readonly args: readonly string[];
  /** The slides that have a journal. */
  readonly slides: readonly string[];
  /** A result file as it can be compared between runs. */
  readonly normalize: typeof normalize;
}

/** Jobs by name. */
export type JobName = "slide" | "batch" | "train";

const TILES = ["--tile", "64", "--expansion", "32", "--downsample", "1"];
const infer = (
  slides: readonly string[],
  where: string,
): Omit<Job, "name"> => ({
  args: [
    ...["infer", where, "--weights", "tiny.safetensors", "--out", "out"],
    ...TILES,
    ...["--probability", "--resume"],
  ],
  slides,
  normalize,
});

const jobs: Record<JobName, Omit<Job, "name">> = {
  slide: infer(["whole"], "one/whole.tif"),
  batch: infer(["a", "b", "c"], "many"),
  train: {
    args: [
      ...["train", "--slides", "many", "--labels", "train.csv", "--out", "out"],
      ...["--folds", "3", "--arch", "tiny.json", ...TILES, "--epochs", "3"],
      ...["--batch", "2", "--lr", "1e-3", "--save-every", "1", "--resume"],
    ],
    slides: [],
    normalize: (_name, bytes) => bytes, // to the byte, as it is
  },
};

/** A job by its name. */
export function jobOf(name: JobName): Job {
  return { name, ...jobs[name] };
}

/** Writes the small slides, labels and weights of all jobs into a folder. */
export async function writeInputs(folder: string): Promise<void> {
  const weights = syntheticStateDict(tinyUnext, { bias: 1 });
  await Deno.writeFile(`${folder}/tiny.safetensors`, writeSafetensors(weights));
  await Deno.writeTextFile(
    `${folder}/tiny.json`,
    JSON.stringify(tinyUnextOptions),
  );
  await Deno.writeTextFile(
    `${folder}/train.csv`,
    "id,encoding\na,1 4000 9000 300\nb,500 7000\nc,2000 3000\n",
  );
  await Deno.mkdir(`${folder}/one`);
  await Deno.mkdir(`${folder}/many`);
  const slides = {
    "one/whole": [640, 400],
    "many/a": [256, 192],
    "many/b": [192, 256],
    "many/c": [250, 140],
  };
  for (const [name, [width, height]] of Object.entries(slides)) {
    const tiff = await makeTiff([{
      width,
      height,
      pixels: noise(width, height),
    }]);
    await Deno.writeFile(`${folder}/${name}.tif`, tiff);
  }
}
