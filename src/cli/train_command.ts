import { pickGiven } from "../options/option.ts";
import { trainNetwork, type TrainRunEvent } from "../run/train_network.ts";
import { trainOptions } from "../run/train_options.ts";
import { LOG_HEADER, logLine } from "../run/train_run.ts";
import { allowFiles } from "./allow_files.ts";
import { givenOptions } from "../options/given_options.ts";
import { Printer } from "./printer.ts";
import {
  parseTrainOptions,
  type TrainCommandOptions,
  trainHelp,
} from "./train_options.ts";
import { startTrainProgress, type TrainProgress } from "./train_progress.ts";

/**
 * The command `train`: slides and labels in, checkpoints out.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line makes no sense, and whatever ends the training.
 */
export async function trainCommand(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = parseTrainOptions(args);
  if (!options) {
    console.log(trainHelp);
    return 0;
  }
  const { out, tiles, quiet, device, normalization } = options;
  await allowFiles([out], { action: "write the run", write: true });
  // They are read while the run goes on.
  if (tiles) await allowFiles([tiles], { action: "train" });
  const printer = new Printer({ quiet, device });
  const progress = startTrainProgress(options);
  const print = printEvents(options, { printer, progress });
  try {
    const { best } = await trainNetwork({
      ...pickGiven(trainOptions, options, givenOptions(args)),
      ...{ out, normalization, signal },
      onEvent: print,
    });
    const found = best
      ? `best soft Dice ${best.dice.toFixed(4)} after epoch ${best.epoch}: ` +
        `${out}/best.safetensors`
      : "no epoch has a Dice";
    if (!quiet) {
      printer.warn(`done, ${found}; ${out}/train.html shows the run`);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return 130; // what is kept is said already
  } finally {
    await progress.pause();
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
        if (!quiet) console.error(LOG_HEADER);
        break;
      case "update":
        progress.update(event);
        if (event.update === event.updates) await progress.pause();
        break;
      case "checkpoint":
        break;
      case "epoch":
        if (!quiet) console.log(logLine(event.record));
        break;
      case "interrupted":
        await progress.pause();
        console.error(`tilewise: ${event.text}`);
        break;
      case "trouble":
        printer.warn(event.text);
        break;
      default:
        await printer.print(event);
    }
  };
}
