/**
 * The two-model strategy of the 3rd-place solution, for one fold: a model of the labeled slides only, and a second one
 * that continues from it with the predictions of the first one on slides without labels. Which one is better depends on
 * future slides: like the labeled ones, or others. So both are kept, and both results.
 *
 *     deno run --allow-read --allow-write examples/pseudo_labels.ts \
 *       --slides train --labels train.csv --unlabeled test --out runs -- --arch unext50 --encoder resnext50.pth
 *
 * writes `runs/labels` and `runs/pseudo`, the two training runs, and `runs/results-labels` and `runs/results-pseudo`,
 * what each finds on the slides without labels. The first run takes 50 epochs and the second 25; options after `--` go
 * to both, `--epochs` too (see `deno task train --help`). Run again after a stop, it continues.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "@std/cli/parse-args";
import { main } from "../src/cli/main.ts";

/** Options for {@linkcode planPseudoLabels}. */
export interface PseudoLabelOptions {
  /** Folder of labeled slides. */
  readonly slides: string;
  /** Their labels. */
  readonly labels: string;
  /** Slides without labels: their folder, and the files in it. */
  readonly unlabeled: {
    readonly folder: string;
    readonly files: readonly string[];
  };
  /** The output folder. */
  readonly out: string;
  /** Further options of both trainings. */
  readonly training: readonly string[];
}

/** The command lines of the strategy, in order. */
export function planPseudoLabels(options: PseudoLabelOptions): string[][] {
  const { slides, labels, unlabeled, out, training } = options;
  // Tiles are those that the network was trained on.
  const inference = ["--tile", "--expansion", "--downsample", "--fill"]
    .flatMap((name) => {
      const at = training.lastIndexOf(name);
      return at < 0 ? [] : training.slice(at, at + 2);
    });
  const best = (run: string) => join(out, run, "best.safetensors");
  const isGiven = training.some((text) => /^--epochs(=|$)/.test(text));
  const epochs = (usual: string) => isGiven ? [] : ["--epochs", usual];
  const train = (run: string, ...more: string[]) => [
    ...["train", "--slides", slides, "--labels", labels],
    ...["--out", join(out, run), "--resume", ...more, ...training],
  ];
  const infer = (run: string) => [
    ...["infer", ...unlabeled.files, "--weights", best(run)],
    ...["--out", join(out, `results-${run}`), "--resume", ...inference],
  ];
  return [
    train("labels", ...epochs("50")),
    infer("labels"),
    train(
      "pseudo",
      ...[...epochs("25"), "--from", best("labels")],
      ...["--pseudo", join(out, "results-labels")],
      ...["--pseudo-slides", unlabeled.folder],
    ),
    infer("pseudo"),
  ];
}

async function run(args: readonly string[]): Promise<number> {
  const names = ["slides", "labels", "unlabeled", "out"] as const;
  const parsed = parseArgs(args, { string: ["_", ...names], "--": true });
  const missing = names.filter((name) => !parsed[name]);
  if (missing.length > 0) {
    console.error(`Missing: ${missing.map((name) => `--${name}`).join(", ")}`);
    return 2;
  }
  const folder = parsed.unlabeled!;
  const files: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (/\.(tiff?|svs)$/i.test(name)) files.push(join(folder, name));
  }
  const plan = planPseudoLabels({
    slides: parsed.slides!,
    labels: parsed.labels!,
    unlabeled: { folder, files: files.sort() },
    out: parsed.out!,
    training: parsed["--"],
  });
  for (const command of plan) {
    console.error(`> ${command.join(" ")}`);
    const code = await main(command);
    if (code !== 0) return code;
  }
  return 0;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
