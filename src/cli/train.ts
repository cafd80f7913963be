import {
  type Command,
  helpOf,
  readCommand,
  type Rule,
  withAfter,
} from "../options/command.ts";
import { NO_LABELS } from "../options/labels.ts";
import { type OptionsOf, pickGiven, text } from "../options/option.ts";
import { givenOptions } from "../options/parse_options.ts";
import { scaleRule } from "../options/tiling.ts";
import { toNormalization } from "../predict/checkpoint_metadata.ts";
import { trainNetwork, type TrainRunEvent } from "../run/train_network.ts";
import { trainOptions, type TrainRunOptions } from "../run/train_options.ts";
import { logHeader, logLine } from "../run/train_log.ts";
import { allowFiles } from "./allow_files.ts";
import { INTERRUPTED } from "./interrupts.ts";
import { printError, printLine, printLines } from "./print.ts";
import { Printer, quietOption } from "./printer.ts";
import { TrainProgress } from "./progress.ts";
import { join } from "node:path";

/** The options of `train`. */
interface TrainFlags
  extends Omit<TrainRunOptions, "normalization" | "preferred"> {
  readonly mean?: string;
  readonly std?: string;
  readonly quiet: boolean;
}

/** The parsed command line of `train`. */
export interface TrainCommandOptions extends TrainRunOptions {
  readonly quiet: boolean;
}

const flags: OptionsOf<TrainFlags> = {
  ...withAfter(trainOptions, "augment", {
    mean: text({
      value: "R,G,B",
      help: "mean of pixels from 0 to 1, to normalize them; recorded in " +
        "checkpoints for infer (default: that of --from, else of --tiles, " +
        "else of HuBMAP's kidney tiles)",
    }),
    std: text({
      value: "R,G,B",
      help: "standard deviation, likewise",
    }),
  }),
  ...quietOption,
};

const command: Command<TrainFlags> = {
  about:
    `Trains a network on slides and labels, like the 3rd-place solution of HuBMAP
"Hacking the Kidney".`,
  usage: [
    "tilewise train --slides DIR --labels FILE --out RUN [options]",
    "tilewise train --tiles DIR --out RUN [options]",
  ],
  options: flags,
  headings: {
    folds: "Folds, by slide",
    arch: "Network",
    epochs: "Training",
    tile: "Tiles, in pixels after downsampling; not for --tiles, which are " +
      "validated without margin",
    pseudo: "Pseudo-labels",
    resume: "Run",
  },
  end:
    `RUN gets best.safetensors and last.safetensors (for infer, and for PyTorch),
state.safetensors (for --resume), log.csv (epoch,train_loss,val_loss,dice_coef,
and the Dice of each of several classes) and train.html (curves and samples).
Each line of log.csv is printed, too. With --license, RUN/model is a model for
--model, with a card; --resume adds it to a run that is done.

Exit code: 0 if all epochs are done, 1 if something failed, 2 if the command
line is invalid, 130 after Ctrl-C, which keeps what was done.`,
  rules: rulesOf,
};

/** The text of `train --help`. */
export const trainHelp = helpOf(command);

/**
 * Parses the arguments of `train`; `undefined` for `--help`.
 *
 * @throws {UsageError} If they are invalid.
 */
export function parseTrainOptions(
  args: readonly string[],
): TrainCommandOptions | undefined {
  const read = readCommand(command, args);
  if (!read) return undefined;
  const { mean, std, ...options } = read;
  return {
    ...options,
    normalization: toNormalization(numbersOf(mean), numbersOf(std)),
  };
}

function rulesOf(options: TrainFlags): Rule[] {
  const { slides, tiles, labels, pseudo, fold, folds } = options;
  const { batch, accumulate, mean, std, encoder, from } = options;
  return [
    [
      tiles === undefined || slides === undefined && labels.length === 0,
      "--tiles cannot be combined with --slides or --labels",
    ],
    [
      slides !== undefined || tiles !== undefined,
      "No slides given: add --slides DIR",
    ],
    [tiles !== undefined || labels.length > 0, NO_LABELS],
    [options.out !== "", "No run folder given: add --out RUN"],
    scaleRule(options),
    [
      mean === undefined && std === undefined ||
      toNormalization(numbersOf(mean), numbersOf(std)) !== undefined,
      `--mean and --std must both be three numbers from 0 to 1, like 0.65,0.48,0.69, those of --std above 0, received ${
        [mean, std].map((text) => text ?? "none").join(" and ")
      }`,
    ],
    [
      fold < folds,
      `--fold must be less than --folds, received ${fold} of ${folds}`,
    ],
    [
      batch % accumulate === 0,
      `--accumulate must divide --batch, received ${accumulate} for ${batch}`,
    ],
    [
      pseudo.length === 0 || (options.pseudoSlides ?? slides) !== undefined,
      "--pseudo with --tiles needs --pseudo-slides DIR",
    ],
    [
      options.classification === undefined || labels.length > 0 ||
      pseudo.length > 0,
      "--class needs --labels or --pseudo: tiles have no classes",
    ],
    [
      options.unlabeled === undefined || labels.length > 0,
      "--unlabeled needs --labels: all pixels of tiles are known",
    ],
    [
      !(encoder && from),
      "--encoder and --from cannot be combined: a whole network includes its encoder",
    ],
  ];
}

function numbersOf(text: string | undefined): number[] | undefined {
  return text?.split(",").map((part) =>
    part.trim() === "" ? NaN : Number(part)
  );
}

/**
 * The command `train`: trains a network on slides and labels.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 * @throws {Error} If the training fails.
 */
export async function trainCommand(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = parseTrainOptions(args);
  if (!options) {
    printLines(trainHelp);
    return 0;
  }
  const { out, tiles, quiet, device, normalization } = options;
  await allowFiles([out], { action: "write the run", write: true });
  // Tiles are read throughout the run.
  if (tiles) await allowFiles([tiles], { action: "train" });
  const printer = new Printer({ quiet, device });
  const progress = new TrainProgress(options);
  const print = printEvents(options, { printer, progress });
  try {
    const { best, model } = await trainNetwork({
      ...pickGiven(trainOptions, options, givenOptions(args)),
      ...{ out, normalization, signal },
      onEvent: print,
    });
    const found = best
      ? `best soft Dice ${best.dice.toFixed(4)} after epoch ${best.epoch}: ` +
        join(out, "best.safetensors")
      : "no epoch has a Dice score";
    if (!quiet) {
      printer.warn(`done, ${found}; see ${join(out, "train.html")}`);
      if (model) printer.warn(`model to hand on: ${model}`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return INTERRUPTED; // the messages are printed
  } finally {
    await progress.stop();
  }
  return 0;
}

function printEvents(
  { quiet }: TrainCommandOptions,
  { printer, progress }: {
    readonly printer: Printer;
    readonly progress: TrainProgress;
  },
): (event: TrainRunEvent) => Promise<void> {
  return async (event) => {
    switch (event.kind) {
      case "begin":
        if (!quiet) printError(logHeader(event.classes));
        break;
      case "update":
        if (!quiet) progress.update(event);
        if (event.update === event.updates) await progress.stop();
        break;
      case "checkpoint":
        break;
      case "epoch":
        if (!quiet) printLine(logLine(event.record));
        break;
      case "interrupted":
        await progress.stop();
        printError(`tilewise: ${event.text}`);
        break;
      case "trouble":
        printer.warn(event.text);
        break;
      default:
        await printer.print(event);
    }
  };
}
