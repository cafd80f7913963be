/**
 * The whole loop on synthetic slides: a model finds glomeruli in slides of a stain that it has never seen, somebody corrects
 * three of them in the viewer, the model is trained on the corrections, and finds more on other slides:
 *
 *     deno run --allow-all examples/correct_and_train.ts [--chromium /usr/bin/chromium] [--out out/correct]
 *
 * The person is a script that looks at the slides' ground truth and clicks and types in Chromium. For slides of your own:
 *
 *     deno task infer slides --model MODEL --out results
 *     deno task correct slides --results results --corrected corrected
 *     deno task train --slides slides --labels corrected --from MODEL/weights.safetensors --out run
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { main } from "../src/cli/main.ts";
import { createTiffWriter } from "../src/masks/tiff/tiff_writer.ts";
import { listSlides, serveView, SlideViews } from "../src/run/mod.ts";
import { openSlide } from "../src/slide/mod.ts";
import { correctSlide } from "./correct_and_train/correct_slide.ts";
import { writeSyntheticSlide } from "./synthetic_slide.ts";

const MODEL = "examples/demo_model";
const SIDE = 1024;
/** Seeds of the slides that are corrected, and of those that the models are compared on. */
const SEEDS = { corrected: [311, 312, 313], others: [301, 302] };

/** What the loop came to. */
export interface LoopResult {
  /** Dice of the model on the other slides. */
  readonly before: number;
  /** Dice of the model that was trained on corrections. */
  readonly after: number;
  /** What the person did, slide by slide. */
  readonly done: readonly Readonly<
    Record<"accepted" | "rejected" | "drawn", number>
  >[];
}

/**
 * Runs the loop.
 *
 * @param out The folder of all that is made.
 * @throws {Error} If a step fails.
 */
export async function correctAndTrain(
  { out, browser }: { readonly out: string; readonly browser: Browser },
): Promise<LoopResult> {
  const [slides, others, results, corrected, run] = [
    ...["slides", "others", "results", "corrected", "run"],
  ].map((name) => join(out, name));
  for (const seed of SEEDS.corrected) await writeRedderSlide(slides, seed);
  for (const seed of SEEDS.others) await writeRedderSlide(others, seed);

  await command("infer", slides, "--model", MODEL, "--out", results);
  const done = [];
  {
    await Deno.mkdir(corrected, { recursive: true });
    await using views = new SlideViews(await listSlides([slides]), {
      results,
      edit: true,
      corrections: { by: "a script", corrected },
    });
    await using server = serveView(views);
    for (const { name } of views.slides) {
      const truth = join(slides, `${name}.geojson`);
      const found = join(results, `${name}.geojson`);
      const options = { url: server.url, name, side: SIDE, truth, found };
      done.push(await correctSlide(browser, options));
    }
  }
  const from = join(MODEL, "weights.safetensors");
  await command(
    ...["train", "--slides", slides, "--labels", corrected, "--out", run],
    ...["--from", from, "--folds", "3", "--epochs", "2", "--lr", "1e-3"],
    ...["--batch", "2", "--tile", "256", "--expansion", "64", "--no-augment"],
  );
  const best = join(run, "best.safetensors");
  return {
    before: await diceOf(others, from, join(out, "before")),
    after: await diceOf(others, best, join(out, "after")),
    done,
  };
}

/** A synthetic slide in a redder stain, with its ground truth: red and blue change places. */
async function writeRedderSlide(folder: string, seed: number): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, `slide-${seed}.tif`);
  await writeSyntheticSlide(path, { seed, size: SIDE });
  const region = { x: 0, y: 0, width: SIDE, height: SIDE };
  let rgb: Uint8Array;
  {
    await using slide = await openSlide(path);
    rgb = await slide.readRegion(region);
  }
  for (let i = 0; i < rgb.length; i += 3) {
    [rgb[i], rgb[i + 2]] = [rgb[i + 2], rgb[i]];
  }
  const options = { width: SIDE, height: SIDE, samples: 3 } as const;
  await using tiff = await createTiffWriter(path, {
    ...options,
    mpp: { x: 1, y: 1 },
  });
  await tiff.writeRows(0, SIDE, rgb);
  await tiff.close();
}

/** Runs a command line of Tilewise. */
async function command(...args: readonly string[]): Promise<void> {
  const code = await main(args);
  if (code !== 0) throw new Error(`tilewise ${args[0]} ended with ${code}`);
}

/** Dice of a network on slides with their ground truth. */
async function diceOf(
  slides: string,
  weights: string,
  out: string,
): Promise<number> {
  const model = ["--weights", weights, "--tile", "512", "--expansion", "128"];
  await command("evaluate", slides, "--labels", slides, "--out", out, ...model);
  const text = await Deno.readTextFile(join(out, "evaluation.json"));
  return JSON.parse(text).overall[0].evaluation.dice;
}

if (import.meta.main) {
  const { chromium: path, out } = parseArgs(Deno.args, {
    string: ["chromium", "out"],
    default: { chromium: "/usr/bin/chromium", out: "out/correct" },
  });
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath: path });
  try {
    const { before, after, done } = await correctAndTrain({ out, browser });
    for (const [i, did] of done.entries()) {
      const words = Object.entries(did).map(([what, count]) =>
        `${count} ${what}`
      );
      console.log(`slide ${i + 1}: ${words.join(", ")}`);
    }
    console.log(`Dice ${before.toFixed(4)} before, ${after.toFixed(4)} after`);
  } finally {
    await browser.close();
  }
}
