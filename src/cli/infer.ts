import type { MaskSummary } from "../masks/summarize_mask.ts";
import { formatDuration, formatNumber } from "../report/format_number.ts";
import { openSlide } from "../slide/open_slide.ts";
import { LiveView } from "../view/live_view.ts";
import { allowFiles } from "./allow_files.ts";
import { allowSources } from "./allow_sources.ts";
import type { BatchEntry } from "../run/batch_entry.ts";
import { type PlannedSlide, planResults } from "./plan_results.ts";
import { refuseExisting } from "./refuse_existing.ts";
import { resultFiles } from "../run/result_formats.ts";
import { RunContext } from "../run/run_context.ts";
import { findComplete } from "./find_complete.ts";
import { checkTiling } from "./check_tiling.ts";
import { finishBatch, refuseForeign } from "./finish_batch.ts";
import {
  type InferCommandOptions as InferOptions,
  inferHelp,
  parseInferOptions,
} from "./infer_options.ts";
import { inferSlide } from "./infer_slide.ts";
import { LazyModel } from "./lazy_model.ts";
import { givenOptions } from "./given_options.ts";
import { makeFolder } from "./make_folder.ts";
import { listSlides } from "./list_slides.ts";
import { oneLine } from "./one_line.ts";
import { tellWarnings } from "./tell_warnings.ts";
import { removeLeftovers } from "./remove_leftovers.ts";
import { runFingerprint } from "../run/run_fingerprint.ts";
import { shownSource } from "../run/shown_source.ts";
import { TrainedWith } from "./trained_with.ts";

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
  const parsed = parseInferOptions(args);
  if (!parsed) {
    console.log(inferHelp);
    return 0;
  }
  const given = givenOptions(args);
  const trained = await TrainedWith.read(parsed.weights);
  const { classification, ...tiling } = trained.defaults(given);
  const className = classification ?? parsed.className;
  const options: InferOptions = { ...parsed, ...tiling, className };
  const settings = settingsOf(options);
  checkTiling(options);
  await allowFiles([options.out], { action: "write results", write: true });
  const context = await RunContext.begin(["infer", ...args]);
  const slides = planResults(await listSlides(options.slides), options);
  if (!options.overwrite) await refuseForeign(options);
  if (!options.overwrite && !options.resume) {
    await refuseExisting(
      slides.flatMap(({ name, out }) => resultFiles(name, { ...options, out })),
      "--overwrite replaces them, --resume leaves out slides that are complete",
    );
  }
  const warnings = trained.tell(given, settings, options);
  await using _out = await makeFolder(options.out, "results");
  await allowSources(slides.map(({ source }) => source));

  await using model = new LazyModel(options, signal);
  await using live = options.live ? new LiveView() : undefined;
  if (live) console.log(`Look at ${live.url}`);
  const entries: BatchEntry[] = [];
  for (const [i, slide] of slides.entries()) {
    const label = slides.length > 1 ? `[${i + 1}/${slides.length}] ` : "";
    try {
      entries.push(
        await inferEntry(slide, {
          options: { ...options, out: slide.out },
          context,
          model,
          live,
          label,
          signal,
          warn: (slide, mpp) => [
            ...warnings,
            ...trained.tellScale(slide, { ...settings, tileMpp: mpp }),
          ],
        }),
      );
    } catch (error) {
      signal.throwIfAborted();
      model.check(); // nothing goes on without weights or device
      const reason = oneLine(error);
      console.error(`tilewise: ${reason}`);
      const source = shownSource(slide.source);
      const { place } = slide;
      entries.push({ source, place, status: "failed", error: reason });
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
  { source, name, place, mpp, error }: PlannedSlide,
  { options, context, model, live, label, warn, signal }: {
    readonly options: InferOptions;
    readonly context: RunContext;
    readonly model: LazyModel;
    readonly live?: LiveView;
    readonly label: string;
    /** Warns of a slide, whose tiles have so many micrometres per pixel; gives all that the run is warned of. */
    warn(slide: string, mpp: number | undefined): readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<BatchEntry> {
  if (error !== undefined) throw error;
  const start = new Date();
  const opening = {
    name,
    mpp: mpp ?? options.slideMpp,
    page: options.page,
    sampleRange: options.sampleRange,
    remote: options.timeout ? { timeout: options.timeout * 1000 } : {},
    signal,
  };
  await using slide = await openSlide(source, opening);
  const uncertain = slide.warnings ?? [];
  const shown = shownSource(source);
  const { quiet } = options;
  const weightHashes = await model.hashes();
  const fingerprint = runFingerprint(slide, { options, weightHashes });
  const complete = options.resume &&
    await findComplete(slide.name, { options, fingerprint });
  if (complete) {
    if (!quiet) console.log(`${label}${slide.name}: complete`);
    return { source: shown, place, status: "complete", summary: complete };
  }
  await using _folder = await makeFolder(options.out, "results");
  if (options.resume) {
    await removeLeftovers(options.out, slide.name);
    const there = await Deno.stat(`${options.out}/${name}.json`)
      .then(() => true, () => false);
    if (there && !quiet) {
      console.log(
        `${label}${name}: done anew, as what is there is not whole, or of other settings, weights or another state of the slide`,
      );
    }
  }
  if (!quiet) tellWarnings(slide);
  const summary = await inferSlide(slide, await model.load(), {
    options,
    run: {
      label,
      fingerprint,
      weightHashes,
      context,
      start,
      path: shown,
      tellMemory: (plan) => model.tellMemory(plan),
      warn: (mpp) => [...uncertain, ...warn(slide.name, mpp)],
    },
    signal,
    live: await live?.begin(source, opening),
  });
  if (!quiet) console.log(label + describe(summary, options));
  if (!quiet && summary.tiles.seen === 0) {
    console.error(
      `tilewise: ${slide.name}: no tile has enough tissue, so nothing was predicted; smaller tiles (--tile) need less of it`,
    );
  }
  return { source: shown, place, status: "done", summary };
}

function describe(
  { slide, objects, positiveFraction, tiles, milliseconds }: MaskSummary,
  { out }: InferOptions,
): string {
  const count = `${objects.count} object${objects.count === 1 ? "" : "s"}`;
  const seen = `${tiles.seen} tile${tiles.seen === 1 ? "" : "s"}`;
  const share = formatNumber(positiveFraction * 100);
  const time = formatDuration(milliseconds?.total ?? 0);
  return `${slide.name}: ${count}, ${share} % of ${slide.width} × ${slide.height} px, ` +
    `${seen} (${tiles.skipped} without tissue) in ${time}: ${out}/${slide.name}.*`;
}

/** What of the options checkpoints say too. */
function settingsOf({ expansion, className, ...options }: InferOptions) {
  return { ...options, expansions: [expansion], classification: className };
}
