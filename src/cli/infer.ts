import { pickGiven } from "../options/option.ts";
import { formatDuration, formatNumber } from "../report/format_number.ts";
import type { BatchEntry } from "../run/batch_entry.ts";
import { inferBatch } from "../run/infer_batch.ts";
import { inferOptions } from "../run/infer_options.ts";
import { listSlides } from "../run/list_slides.ts";
import type { RunEvent } from "../run/run_event.ts";
import { LiveView } from "../view/live_view.ts";
import { allowFiles, allowSources, allowTuning } from "./allow_files.ts";
import { batchTable } from "./batch_table.ts";
import { givenOptions } from "../options/given_options.ts";
import {
  type InferCommandOptions,
  inferHelp,
  parseInferOptions,
} from "./infer_options.ts";
import { KernelProfile } from "../run/kernel_profile.ts";
import { Printer } from "./printer.ts";

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
