import { type Evaluation, sumOfCounts } from "../evaluate/evaluate_counts.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import { NO_LABELS } from "../options/labels.ts";
import { modelRule } from "../options/model.ts";
import { pickGiven } from "../options/option.ts";
import { givenOptions } from "../options/parse_options.ts";
import { scaleRule } from "../options/tiling.ts";
import {
  describeSeams,
  describeThreshold,
  type EvaluationRow,
} from "../report/evaluation_page.ts";
import {
  type EvaluateOptions,
  evaluateOptions,
} from "../run/evaluate_options.ts";
import type { EvaluateEvent, SlidesEvaluation } from "../run/evaluate_entry.ts";
import { evaluateSlides } from "../run/evaluate_slides.ts";
import { listSlides } from "../run/list_slides.ts";
import { alignColumns } from "./align_columns.ts";
import {
  allowFiles,
  allowModel,
  allowOnnxruntime,
  allowSources,
} from "./allow_files.ts";
import { printError, printLine, printLines } from "./print.ts";
import { EXIT_CODES, Printer, quietOption, SLIDES } from "./printer.ts";

/** The parsed command line of `evaluate`. */
export interface EvaluateCommandOptions extends EvaluateOptions {
  readonly slides: readonly string[];
  readonly quiet: boolean;
}

const command: Command<Omit<EvaluateCommandOptions, "slides" | "preferred">> = {
  about: "Compares predictions with labels.",
  usage: [
    "tilewise evaluate SLIDE... --labels FILE --weights FILE [options]",
    "tilewise evaluate SLIDE... --labels FILE --predicted PATH [options]",
  ],
  slides: SLIDES,
  options: { ...evaluateOptions, ...quietOption },
  headings: {
    arch: "With --weights; lengths are in pixels after downsampling; tile, " +
      "expansion and scale are by default those that the weights were " +
      "trained with",
    overwrite: "",
  },
  end: EXIT_CODES,
  rules: (options) => {
    const { labels, weights, model, predicted, seams } = options;
    return [
      [labels.length > 0, NO_LABELS],
      [
        weights.length > 0 || model !== undefined || predicted !== undefined,
        "No predictions given: add --weights FILE, --model MODEL or --predicted PATH",
      ],
      [
        weights.length === 0 || predicted === undefined,
        "--weights and --predicted cannot be combined",
      ],
      [
        model === undefined || predicted === undefined,
        "--model and --predicted cannot be combined",
      ],
      modelRule(options),
      [
        !seams || predicted === undefined,
        "--seams needs a model: use --weights FILE, not --predicted",
      ],
      scaleRule(options),
    ];
  },
};

/** The text of `evaluate --help`. */
export const evaluateHelp = helpOf(command);

/**
 * Parses the arguments of `evaluate`; `undefined` for `--help`.
 *
 * @throws {UsageError} If they are invalid.
 */
export function parseEvaluateOptions(
  args: readonly string[],
): EvaluateCommandOptions | undefined {
  return readCommand(command, args);
}

/**
 * The command `evaluate`: compares predictions with labels. If a slide fails, the error is printed and the others continue.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 * @throws {Error} If no slide can be evaluated.
 */
export async function evaluate(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = parseEvaluateOptions(args);
  if (!options) {
    printLines(evaluateHelp);
    return 0;
  }
  const { out, labels, quiet, device } = options;
  if (out) {
    await allowFiles([out], { action: "write the evaluation", write: true });
  }
  await allowModel(options);
  if (device === "cpu") await allowOnnxruntime();
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  const printer = new Printer({ quiet, device, notes: true });
  const given = givenOptions(args);
  const evaluation = await evaluateSlides(slides, {
    ...pickGiven(evaluateOptions, options, given),
    ...{ labels, signal },
    command: ["evaluate", ...args],
    async onEvent(event: EvaluateEvent) {
      if (event.kind === "rows") {
        if (!quiet) event.rows.forEach(print);
      } else if (event.kind === "failed") {
        printError(`tilewise: ${event.error}`);
      } else if (event.kind === "evaluated") {
        if (!quiet) conclude(event.evaluation);
      } else await printer.print(event);
    },
  });
  return evaluation?.failed === 0 ? 0 : 1;
}

function conclude({ done, overall, slides, seams }: SlidesEvaluation): void {
  if (done > 1) overall.forEach(print);
  overall.forEach(printConfusion);
  const threshold = describeThreshold(slides);
  if (threshold) printLine(threshold);
  if (seams) printLines(describeSeams(seams));
}

function print({ name, variant, evaluation }: EvaluationRow): void {
  const { best, classes } = evaluation;
  const sweep = best
    ? `, best ${best.dice.toFixed(4)} at ${best.threshold.toFixed(2)}`
    : "";
  const row = `${name} (${variant})`;
  if (!classes) return printLine(`${row}: ${describe(evaluation)}${sweep}`);
  const seen = classes.filter(({ pixels }) => sumOfCounts(pixels) > 0).length;
  printLine(
    `${row}, mean of ${seen} class${seen === 1 ? "" : "es"}: ${
      describe(evaluation)
    }`,
  );
  for (const one of classes) {
    printLine(
      `${row}, ${one.name}: ${
        sumOfCounts(one.pixels) === 0
          ? "neither labeled nor predicted"
          : describe(one)
      }`,
    );
  }
}

function describe(
  { dice, iou, objects }: Pick<Evaluation, "dice" | "iou" | "objects">,
): string {
  return `Dice ${dice.toFixed(4)}, IoU ${iou.toFixed(4)}, ` +
    `objects ${objects.truePositive} of ${
      objects.truePositive + objects.falseNegative
    } found, ` +
    `precision ${objects.precision.toFixed(3)}, recall ${
      objects.recall.toFixed(3)
    }`;
}

/** Pixels by labeled class (rows) and predicted class (columns), in percent of the row. */
function printConfusion({ variant, evaluation }: EvaluationRow): void {
  const { classes, confusion } = evaluation;
  if (!classes || !confusion) return;
  const names = ["background", ...classes.map(({ name }) => name)];
  const rows = confusion.map((row, i) => {
    const sum = row.reduce((total, count) => total + count, 0);
    const shares = row.map((count) =>
      sum === 0 ? "-" : (count / sum * 100).toFixed(2)
    );
    return [names[i], ...shares];
  });
  printLine(
    `Labeled pixels (rows) by their predicted class (columns) in percent, ${variant}:`,
  );
  printLines(alignColumns([["", ...names], ...rows]));
}
