import {
  type Command,
  helpOf,
  readCommand,
  withAfter,
} from "../options/command.ts";
import { modelRule } from "../options/model.ts";
import { type OptionsOf, pickGiven, toggle } from "../options/option.ts";
import { givenOptions } from "../options/parse_options.ts";
import { regionRules } from "../options/region.ts";
import { scaleRule } from "../options/tiling.ts";
import { formatDuration, formatNumber } from "../report/markup.ts";
import { inferBatch } from "../run/infer_batch.ts";
import { type InferOptions, inferOptions } from "../run/infer_options.ts";
import { listSlides } from "../run/list_slides.ts";
import type { BatchEntry, RunEvent } from "../run/run_context.ts";
import { threadsHere } from "../run/threads_here.ts";
import { KernelProfile } from "../run/tuning_file.ts";
import { LiveView } from "../view/live_view.ts";
import {
  allowFiles,
  allowLive,
  allowModel,
  allowOnnxruntime,
  allowRegions,
  allowSources,
  allowTuning,
} from "./allow_files.ts";
import { batchTable } from "./batch_table.ts";
import { inferCohortCommand } from "./infer_cohort.ts";
import { RETRY } from "./interrupts.ts";
import { printError, printLine, printLines } from "./print.ts";
import { EXIT_CODES, Printer, quietOption } from "./printer.ts";
import { join } from "node:path";

/** The options of `infer`. */
interface InferFlags extends InferOptions {
  readonly probability: boolean;
  readonly live: boolean;
  readonly quiet: boolean;
}

/** The parsed command line of `infer`. */
export interface InferCommandOptions extends Omit<InferFlags, "probability"> {
  readonly slides: readonly string[];
}

const flags: OptionsOf<InferFlags> = {
  ...withAfter(
    withAfter(inferOptions, "formats", {
      probability: toggle({
        help: "add the probability map to the formats",
        affects: false,
      }),
    }),
    "resume",
    {
      live: toggle({
        help: "serve a page on this machine that shows the slide while it is " +
          "processed, until the page is closed",
        affects: false,
      }),
    },
  ),
  ...quietOption,
};

const command: Command<InferFlags> = {
  about: "Segments whole-slide images with a model.",
  usage: [
    "tilewise infer SLIDE... --weights FILE --out DIR [options]",
    "tilewise infer SLIDE... --model MODEL --out DIR [options]",
    "tilewise infer --cohort DIR ... (see tilewise infer --cohort --help)",
  ],
  slides: [
    "SLIDE...",
    "path or https URL of a slide; a folder of slides (not its subfolders); a " +
    "quoted pattern such as 'slides/**/*.svs'; or a CSV whose header has a " +
    "column path, slide, url, file, filename or id, and optionally mpp",
  ],
  options: flags,
  headings: {
    arch: "Model",
    tile: "Tiles, in pixels after downsampling; tile, expansion and scale " +
      "are by default those that the weights were trained with",
    within: "Region and tissue, in pixels of the slide",
    slideMpp: "Slides",
    formats: "Output",
  },
  end: EXIT_CODES,
  rules: (options) => [
    [
      options.weights.length > 0 || options.model !== undefined,
      "No model given: add --weights FILE or --model MODEL",
    ],
    modelRule(options),
    [options.out !== "", "No output folder given: add --out DIR"],
    [
      !options.resume || options.formats.has("json"),
      "--resume needs json in --format, which records what was done",
    ],
    scaleRule(options),
    ...regionRules(options),
  ],
};

/** The text of `infer --help`. */
export const inferHelp = helpOf(command);

/**
 * Parses the arguments of `infer`; `undefined` for `--help`.
 *
 * @throws {UsageError} If they are invalid.
 */
export function parseInferOptions(
  args: readonly string[],
): InferCommandOptions | undefined {
  const read = readCommand(command, args);
  if (!read) return undefined;
  const { probability, ...options } = read;
  const { formats } = options;
  if (!probability) return options;
  return { ...options, formats: new Set([...formats, "probability"]) };
}

/**
 * The command `infer`: segments slides. If a slide fails, the error is printed and the others continue.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 * @throws {Error} If no slide can be segmented, for example for lack of a GPU.
 */
export async function infer(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  if (givenOptions(args).has("cohort")) {
    return await inferCohortCommand(args, { signal });
  }
  const options = parseInferOptions(args);
  if (!options) {
    printLines(inferHelp);
    return 0;
  }
  const { out, weights, quiet } = options;
  await allowFiles([out], { action: "write results", write: true });
  await allowModel(options);
  await allowRegions(options);
  if (options.tune) await allowTuning();
  if (options.device === "cpu") await allowOnnxruntime();
  if (options.live) await allowLive();
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  await using live = options.live ? new LiveView() : undefined;
  const print = printEvents(options, live);
  const given = givenOptions(args);
  const entries = await inferBatch(slides, {
    ...pickGiven(inferOptions, options, given),
    formats: options.formats,
    ...{ weights, out, live, signal },
    threads: options.threads ?? threadsHere(),
    command: ["infer", ...args],
    onEvent: print,
  });
  if (live?.followed && !quiet) {
    printLine("The page is served until it is closed (Ctrl-C ends it, too)");
  }
  await live?.untilLeft(signal);
  if (entries.some(({ mayPass }) => mayPass)) return RETRY;
  return entries.some(({ status }) => status === "failed") ? 1 : 0;
}

function printEvents(
  { quiet, device, out }: InferCommandOptions,
  live: LiveView | undefined,
): (event: RunEvent) => Promise<void> {
  const printer = new Printer({ quiet, device });
  let profile = new KernelProfile();
  let slides = 1;
  return async (event) => {
    await printer.print(event);
    switch (event.kind) {
      case "begin":
        slides = event.slides;
        if (live) printLine(`Live page: ${live.url}`);
        break;
      case "slide":
        printer.label = slides > 1 ? `[${event.index + 1}/${slides}] ` : "";
        break;
      case "anew":
        if (quiet) break;
        printLine(
          `${printer.label}${event.slide}: processed again, as its results are incomplete, or from other settings, weights or another version of the slide`,
        );
        break;
      case "kernels":
        profile.add(event.kernels);
        break;
      case "profile":
        printLines(profile.table(event.stages));
        profile = new KernelProfile();
        break;
      case "entry":
        printEntry(event.entry, { out, quiet, label: printer.label });
        break;
      case "entries":
        if (event.entries.length < 2 || quiet) break;
        printLines(`\n${batchTable(event.entries)}`);
    }
  };
}

function printEntry(
  { status, summary, error, place }: BatchEntry,
  { out, quiet, label }: {
    readonly out: string;
    readonly quiet: boolean;
    readonly label: string;
  },
): void {
  if (!summary) return printError(`tilewise: ${error}`);
  if (quiet) return;
  const { slide, objects, region, tiles, milliseconds } = summary;
  const { positiveFraction } = region ?? summary;
  if (status === "complete") {
    return printLine(`${label}${slide.name}: complete`);
  }
  const count = `${objects.count} object${objects.count === 1 ? "" : "s"}`;
  const seen = `${tiles.seen} tile${tiles.seen === 1 ? "" : "s"}`;
  const share = formatNumber(positiveFraction * 100);
  const time = formatDuration(milliseconds?.total ?? 0);
  const whole = region
    ? `a region of ${formatNumber(region.areaPx)} px (${
      formatNumber(region.slideFraction * 100)
    } % of the slide)`
    : `${slide.width} × ${slide.height} px`;
  printLine(
    `${label}${slide.name}: ${count}, ${share} % of ${whole}, ` +
      `${seen} (${tiles.skipped} without tissue) in ${time}: ${
        join(out, place)
      }.*`,
  );
  if (tiles.seen > 0) return;
  printError(
    `tilewise: ${slide.name}: no tile has enough tissue, so nothing was predicted; try smaller tiles (--tile)`,
  );
}
