import { join } from "node:path";
import { givenFlags, withDefaults } from "../options/option.ts";
import { openSlide } from "../slide/open_slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import type { LiveView } from "../view/live_view.ts";
import { findComplete, finishBatch, refuseForeign } from "./batch_results.ts";
import { type PlannedSlide, planResults } from "./find_results.ts";
import { runFingerprint } from "./fingerprint.ts";
import {
  checkTiling,
  type InferOptions,
  inferOptions,
} from "./infer_options.ts";
import { inferSlide, tilingOf } from "./infer_slide.ts";
import { LazyModel } from "./lazy_model.ts";
import { listSlides, type SlideEntry } from "./list_slides.ts";
import {
  makeFolder,
  refuseExisting,
  removeLeftovers,
} from "./output_folder.ts";
import { resultFiles } from "./result_formats.ts";
import {
  type BatchEntry,
  endless,
  type JobOptions,
  oneLine,
  RunContext,
  shownSource,
  type Tell,
  untold,
} from "./run_context.ts";
import { TrainedWith } from "./trained_with.ts";

/** Options for {@linkcode inferBatch}. */
export interface InferBatchOptions
  extends
    Partial<Omit<InferOptions, "weights" | "out">>,
    Pick<InferOptions, "weights" | "out">,
    JobOptions {
  /** A page that shows the progress. */
  readonly live?: LiveView;
}

/** What the slides of a batch share. */
interface Batch {
  readonly options: InferOptions;
  readonly context: RunContext;
  readonly model: LazyModel;
  readonly live: LiveView | undefined;
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** Warns if the scale of a slide's tiles is wrong; returns all warnings of the run. */
  warn(slide: string, mpp: number | undefined): readonly string[];
}

/**
 * Segments slides: files, URLs, patterns, folders and lists, or entries of {@linkcode listSlides}. Settings default to those
 * that the weights were trained with. If a slide fails, its entry has the error and the others continue. With `resume`,
 * slides that an earlier run with the same settings, weights and files has completed are skipped. Deno only.
 *
 * @example
 * ```ts ignore
 * import { inferBatch } from "@tilewise/tilewise/run";
 *
 * const entries = await inferBatch(["slides"], {
 *   weights: ["fold0.safetensors"],
 *   out: "results",
 *   resume: true,
 *   onEvent(event) {
 *     if (event.kind === "warning") console.warn(event.text);
 *   },
 * });
 * for (const { place, status, summary } of entries) console.log(place, status, summary?.objects.count);
 * ```
 *
 * @returns the status of each slide.
 * @throws {Error} If results exist that must not be replaced, weights cannot be used, or the device is lost.
 */
export async function inferBatch(
  sources: readonly (string | SlideEntry)[],
  given: InferBatchOptions,
): Promise<BatchEntry[]> {
  const { onEvent: tell = untold, signal = endless(), live } = given;
  const flags = givenFlags(inferOptions, given);
  const trained = await TrainedWith.read(given.weights);
  const { classification, ...tiling } = trained.defaults(flags);
  const said = { ...tiling, className: classification };
  const options = withDefaults(inferOptions, said, given);
  const settings = {
    ...options,
    expansions: [options.expansion],
    classification: options.className,
  };
  checkTiling(options);
  const context = await RunContext.begin(given.command ?? []);
  // All are planned: names and folders must not depend on the shard.
  const all = planResults(await listSlides(sources), options);
  const [part, parts] = options.shard ?? [1, 1];
  const slides = all.filter((_, i) => i % parts === part - 1);
  if (!options.overwrite) await refuseForeign(options);
  if (!options.overwrite && !options.resume) {
    await refuseExisting(
      slides.flatMap(({ name, out }) => resultFiles(name, { ...options, out })),
      "use --overwrite to replace them, or --resume to skip complete slides",
    );
  }
  const warnings = await trained.tell(flags, settings, tell);
  await using _out = await makeFolder(options.out, "results");
  if (options.shard) {
    const text =
      `Shard ${part}/${parts}: ${slides.length} of ${all.length} slides`;
    await tell({ kind: "notice", text });
  }
  await tell({ kind: "begin", slides: slides.length });
  await using model = new LazyModel(options, { tell, signal });
  const entries: BatchEntry[] = [];
  const batch: Batch = {
    ...{ options, context, model, live, tell, signal },
    warn: (slide, tileMpp) => [
      ...warnings,
      ...trained.tellScale(slide, { ...settings, tileMpp }, tell),
    ],
  };
  for (const [index, slide] of slides.entries()) {
    await tell({ kind: "slide", index });
    let entry: BatchEntry;
    try {
      entry = await inferEntry(slide, batch);
    } catch (error) {
      signal.throwIfAborted();
      model.check(); // no slide can do without weights and device
      const source = shownSource(slide.source);
      const { place } = slide;
      entry = { source, place, status: "failed", error: oneLine(error) };
    }
    entries.push(entry);
    await tell({ kind: "entry", entry });
  }
  await tell({ kind: "entries", entries });
  await finishBatch(entries, options);
  return entries;
}

async function inferEntry(
  { source, name, place, mpp, error, out }: PlannedSlide,
  batch: Batch,
): Promise<BatchEntry> {
  if (error !== undefined) throw error;
  const { context, model, live, tell, signal } = batch;
  const options = { ...batch.options, out };
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
  const { warnings: uncertain = [] } = slide;
  const shown = shownSource(source);
  const weightHashes = await model.hashes();
  const fingerprint = runFingerprint(slide, { options, weightHashes });
  const complete = options.resume &&
    await findComplete(name, { options, fingerprint });
  if (complete) {
    return { source: shown, place, status: "complete", summary: complete };
  }
  await using _folder = await makeFolder(out, "results");
  if (options.resume) {
    await removeLeftovers(out, name);
    const exists = await Deno.stat(join(out, `${name}.json`))
      .then(() => true, () => false);
    if (exists) await tell({ kind: "anew", slide: name });
  }
  for (const text of uncertain) await tell({ kind: "note", slide: name, text });
  const loaded = await model.load();
  const { downsample } = planTiles(slide, tilingOf(options));
  const tileMpp = slide.mpp && (slide.mpp.x + slide.mpp.y) / 2 * downsample;
  const summary = await inferSlide(slide, loaded, {
    ...options,
    run: {
      path: shown,
      fingerprint,
      weightHashes,
      start,
      warnings: [...uncertain, ...batch.warn(name, tileMpp)],
    },
    context,
    onMemory: (plan) => model.tellMemory(plan),
    onEvent: tell,
    live: await live?.begin(source, opening),
    signal,
  });
  return { source: shown, place, status: "done", summary };
}
