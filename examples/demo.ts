/**
 * Makes a synthetic kidney slide, segments it with the demo's model, and compares the result with the ground truth:
 *
 *     deno task demo [--seed N] [--size N]
 *
 * @module
 */
import { join } from "node:path";
import { main } from "../src/cli/main.ts";
import { parseRle, readRleCsv } from "../src/masks/rle/decode_rle.ts";
import { writeSyntheticSlide } from "./synthetic_slide.ts";
import { parseArgs } from "@std/cli/parse-args";

const help =
  `Makes a synthetic kidney slide, segments it, and compares the result with the
ground truth.

Usage: deno task demo [--seed N] [--size N]

  --seed N    random seed of the slide (default: 1)
  --size N    width and height in pixels, 256 to 65536 (default: 2048)`;

const folder = "out/demo";

async function demo(args: readonly string[]): Promise<number> {
  const options = parseArgs(args, {
    string: ["seed", "size"],
    boolean: ["help"],
    default: { seed: "1", size: "2048" },
  });
  if (options.help) {
    console.log(help);
    return 0;
  }
  const seed = Number(options.seed);
  const size = Number(options.size);
  if (
    !Number.isSafeInteger(seed) || !Number.isInteger(size) || size < 256 ||
    size > 65536 || options._.length > 0
  ) {
    console.error(help);
    return 2;
  }
  await Deno.mkdir(folder, { recursive: true });
  const name = `kidney-${seed}`;
  const path = join(folder, `${name}.tif`);
  console.log(`Making ${path}, ${size} × ${size} px`);
  const files = await writeSyntheticSlide(path, { seed, size });
  console.log(`It has ${files.glomeruli} glomeruli. Segmenting it`);

  const model = decodeURIComponent(
    new URL("./demo_model", import.meta.url).pathname,
  );
  const results = join(folder, "results");
  const code = await main([
    ...["infer", files.slide, "--model", model, "--out", results],
    "--overwrite",
  ]);
  if (code !== 0) return code;

  const runs = async (path: string) => {
    const csv = readRleCsv(await Deno.readTextFile(path));
    return [...parseRle(csv.get(name) ?? "", { width: size, height: size })];
  };
  const dice = diceOfRuns(
    await runs(files.rle),
    await runs(join(results, `${name}.rle.csv`)),
  );
  console.log(`Dice ${dice.toFixed(4)} against the ground truth`);
  console.log(`See ${join(results, `${name}.overlay.png`)}, or run
  deno task view ${files.slide} --results ${results}`);
  return 0;
}

interface Run {
  readonly start: number;
  readonly length: number;
}

/** Dice coefficient of two masks, given as ascending runs. */
function diceOfRuns(a: readonly Run[], b: readonly Run[]): number {
  const total = [...a, ...b].reduce((sum, { length }) => sum + length, 0);
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const endA = a[i].start + a[i].length;
    const endB = b[j].start + b[j].length;
    const overlap = Math.min(endA, endB) - Math.max(a[i].start, b[j].start);
    shared += Math.max(0, overlap);
    if (endA < endB) i++;
    else j++;
  }
  return total === 0 ? 1 : 2 * shared / total;
}

if (import.meta.main) Deno.exit(await demo(Deno.args));
