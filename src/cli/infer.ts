import type { MaskSummary } from "../masks/summarize_mask.ts";
import { openSlide } from "../slide/open_slide.ts";
import { LiveView } from "../view/live_view.ts";
import { allowSources } from "./allow_sources.ts";
import type { BatchEntry } from "./batch_entry.ts";
import { findComplete } from "./find_complete.ts";
import { checkTiling } from "./check_tiling.ts";
import { finishBatch } from "./finish_batch.ts";
import {
  inferHelp,
  type InferOptions,
  parseInferOptions,
} from "./infer_options.ts";
import { inferSlide } from "./infer_slide.ts";
import { LazyModel } from "./lazy_model.ts";
import { makeFolder } from "./make_folder.ts";
import { listSlides, type SlideEntry } from "./list_slides.ts";
import { oneLine } from "./one_line.ts";
import { removeLeftovers } from "./remove_leftovers.ts";
import { runFingerprint } from "./run_fingerprint.ts";
import { shownSource } from "./shown_source.ts";

/**
 * The command `infer`: slides in, masks out. A slide that fails is reported, and the others go on.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense, and whatever concerns all slides.
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
  checkTiling(options);
  await using _out = await makeFolder(options.out, "results");
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));

  await using model = new LazyModel(options, signal);
  await using live = options.live ? new LiveView() : undefined;
  if (live) console.log(`Look at ${live.url}`);
  const names = new Set<string>();
  const entries: BatchEntry[] = [];
  for (const [i, slide] of slides.entries()) {
    const label = slides.length > 1 ? `[${i + 1}/${slides.length}] ` : "";
    try {
      entries.push(
        await inferEntry(slide, { options, model, live, names, label, signal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      model.check(); // nothing goes on without weights or device
      const reason = oneLine(error);
      console.error(`tilewise: ${reason}`);
      const source = shownSource(slide.source);
      entries.push({ source, status: "failed", error: reason });
    }
  }
  await finishBatch(entries, options);
  if (live?.followed && !options.quiet) {
    console.log("The page stays until it is closed (Ctrl-C ends it too)");
  }
  await live?.untilLeft(signal);
  return entries.some(({ status }) => status === "failed") ? 1 : 0;
}

async function inferEntry(
  { source, mpp, error }: SlideEntry,
  { options, model, live, names, label, signal }: {
    readonly options: InferOptions;
    readonly model: LazyModel;
    readonly live?: LiveView;
    readonly names: Set<string>;
    readonly label: string;
    readonly signal: AbortSignal;
  },
): Promise<BatchEntry> {
  if (error !== undefined) throw error;
  const opening = {
    mpp: mpp ?? options.slideMpp,
    remote: options.timeout ? { timeout: options.timeout * 1000 } : {},
    signal,
  };
  await using slide = await openSlide(source, opening);
  claimName(names, slide.name);
  const shown = shownSource(source);
  const { quiet } = options;
  const weightHashes = await model.hashes();
  const fingerprint = runFingerprint(slide, { options, weightHashes });
  const complete = options.resume &&
    await findComplete(slide.name, { options, fingerprint });
  if (complete) {
    if (!quiet) console.log(`${label}${slide.name}: complete`);
    return { source: shown, status: "complete", summary: complete };
  }
  if (options.resume) await removeLeftovers(options.out, slide.name);
  const summary = await inferSlide(slide, await model.load(), {
    options,
    run: {
      label,
      fingerprint,
      weightHashes,
      tellMemory: (plan) => model.tellMemory(plan),
    },
    signal,
    live: await live?.begin(source, opening),
  });
  if (!quiet) console.log(label + describe(summary, options));
  return { source: shown, status: "done", summary };
}

/** Results are named after slides, so a second slide of a name would replace the first one's. */
function claimName(names: Set<string>, name: string): void {
  if (names.has(name)) {
    throw new RangeError(
      `Cannot write results as each slide needs a name of its own: received "${name}" twice`,
    );
  }
  names.add(name);
}

function describe(
  { slide, objects, positiveFraction, tiles, milliseconds }: MaskSummary,
  { out }: InferOptions,
): string {
  const count = `${objects.count} object${objects.count === 1 ? "" : "s"}`;
  const seen = `${tiles.seen} tile${tiles.seen === 1 ? "" : "s"}`;
  const share = (positiveFraction * 100).toPrecision(3);
  const seconds = ((milliseconds?.total ?? 0) / 1000).toPrecision(3);
  return `${slide.name}: ${count}, ${share} % of ${slide.width} × ${slide.height} px, ` +
    `${seen} (${tiles.skipped} without tissue) in ${seconds} s: ${out}/${slide.name}.*`;
}
