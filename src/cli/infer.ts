import {
  type Command,
  helpOf,
  readCommand,
  withAfter,
} from "../options/command.ts";
import { type OptionsOf, pickGiven, toggle } from "../options/option.ts";
import { givenOptions } from "../options/parse_options.ts";
import { scaleRule } from "../options/tiling.ts";
import { formatDuration, formatNumber } from "../report/markup.ts";
import { inferBatch } from "../run/infer_batch.ts";
import { type InferOptions, inferOptions } from "../run/infer_options.ts";
import { listSlides } from "../run/list_slides.ts";
import type { BatchEntry, RunEvent } from "../run/run_context.ts";
import { KernelProfile } from "../run/tuning_file.ts";
import { LiveView } from "../view/live_view.ts";
import { allowFiles, allowSources, allowTuning } from "./allow_files.ts";
import { batchTable } from "./batch_table.ts";
import { EXIT_CODES, quietOption } from "./command_parts.ts";
import { Printer } from "./printer.ts";

/** The options of `infer`. */
interface InferFlags extends InferOptions {
  readonly probability: boolean;
  readonly live: boolean;
  readonly quiet: boolean;
}

/** The command line of `infer`, taken apart. */
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
          "worked on, until the page is closed",
        affects: false,
      }),
    },
  ),
  ...quietOption,
};

const command: Command<InferFlags> = {
  about: "Finds what a model was trained for in whole-slide images.",
  usage: ["tilewise infer SLIDE... --weights FILE --out DIR [options]"],
  slides: [
    "SLIDE...",
    "path or https URL of a TIFF, BigTIFF, OME-TIFF or Aperio SVS; a folder " +
    "of them (not those within it), a quoted pattern such as " +
    "'slides/**/*.svs', or a CSV whose header has a column path, slide, url, " +
    "file, filename or id, and may have one mpp",
  ],
  options: flags,
  headings: {
    arch: "Model",
    tile: "Tiles, in pixels after downsampling; where the weights say what " +
      "they were trained with, that is the default of tile, expansion and scale",
    formats: "Output",
  },
  end: EXIT_CODES,
  rules: (options) => [
    [options.weights.length > 0, "No model is given: --weights FILE is needed"],
    [options.out !== "", "No output folder is given: --out DIR is needed"],
    [
      !options.resume || options.formats.has("json"),
      "--resume needs json among the formats, which says what was done",
    ],
    scaleRule(options),
  ],
};

/** What `infer --help` prints. */
export const inferHelp = helpOf(command);

/**
 * Reads the arguments of `infer`; `undefined` where help is asked for.
 *
 * @throws {UsageError} If they make no sense.
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
 * The command `infer`: slides in, masks out. A slide that fails is reported, and the others go on.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line makes no sense, and whatever concerns all slides.
 */
export async function infer(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = parseInferOptions(args);
  if (!options) {
    console.log(inferHelp);
    return 0;
  }
  const { out, weights, quiet } = options;
  await allowFiles([out], { action: "write results", write: true });
  if (options.tune) await allowTuning();
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  await using live = options.live ? new LiveView() : undefined;
  const print = printEvents(options, live);
  const given = givenOptions(args);
  const entries = await inferBatch(slides, {
    ...pickGiven(inferOptions, options, given),
    formats: options.formats,
    ...{ weights, out, live, signal },
    command: ["infer", ...args],
    onEvent: print,
  });
  if (live?.followed && !quiet) {
    console.log("The page stays until it is closed (Ctrl-C ends it too)");
  }
  await live?.untilLeft(signal);
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
        if (live) console.log(`Look at ${live.url}`);
        break;
      case "slide":
        printer.label = slides > 1 ? `[${event.index + 1}/${slides}] ` : "";
        break;
      case "anew":
        if (quiet) break;
        console.log(
          `${printer.label}${event.slide}: done anew, as what is there is not whole, or of other settings, weights or another state of the slide`,
        );
        break;
      case "kernels":
        profile.add(event.kernels);
        break;
      case "profile":
        console.log(profile.table(event.stages));
        profile = new KernelProfile();
        break;
      case "entry":
        printEntry(event.entry, { out, quiet, label: printer.label });
        break;
      case "entries":
        if (event.entries.length < 2 || quiet) break;
        console.log(`\n${batchTable(event.entries)}`);
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
  if (!summary) return console.error(`tilewise: ${error}`);
  if (quiet) return;
  const { slide, objects, positiveFraction, tiles, milliseconds } = summary;
  if (status === "complete") {
    return console.log(`${label}${slide.name}: complete`);
  }
  const count = `${objects.count} object${objects.count === 1 ? "" : "s"}`;
  const seen = `${tiles.seen} tile${tiles.seen === 1 ? "" : "s"}`;
  const share = formatNumber(positiveFraction * 100);
  const time = formatDuration(milliseconds?.total ?? 0);
  console.log(
    `${label}${slide.name}: ${count}, ${share} % of ${slide.width} × ${slide.height} px, ` +
      `${seen} (${tiles.skipped} without tissue) in ${time}: ${out}/${place}.*`,
  );
  if (tiles.seen > 0) return;
  console.error(
    `tilewise: ${slide.name}: no tile has enough tissue, so nothing was predicted; smaller tiles (--tile) need less of it`,
  );
}
