import { mayPass } from "../io/may_pass.ts";
import { givenFlags, withDefaults } from "../options/option.ts";
import type { LiveView } from "../view/live_view.ts";
import { chooseModel } from "./choose_model.ts";
import { finishBatch, refuseForeign } from "./batch_results.ts";
import { checkRegions } from "./find_regions.ts";
import { planResults } from "./find_results.ts";
import { type Batch, inferEntry, WAYS_OUT } from "./infer_entry.ts";
import {
  checkTiling,
  type InferOptions,
  inferOptions,
  settingsOf,
  withClassNames,
} from "./infer_options.ts";
import { LazyModel } from "./lazy_model.ts";
import { listSlides, type SlideEntry } from "./list_slides.ts";
import { makeFolder, refuseExisting } from "./output_folder.ts";
import { resultFiles } from "./result_formats.ts";
import {
  type BatchEntry,
  endless,
  type JobOptions,
  oneLine,
  RunContext,
  shownSource,
  untold,
} from "./run_context.ts";

/**
 * Options for {@linkcode inferBatch}.
 *
 * @category Segmentation
 */
export interface InferBatchOptions
  extends
    Partial<Omit<InferOptions, "out">>,
    Pick<InferOptions, "out">,
    JobOptions {
  /** A page that shows the progress. */
  readonly live?: LiveView;
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
 *
 * @category Segmentation
 */
export async function inferBatch(
  sources: readonly (string | SlideEntry)[],
  given: InferBatchOptions,
): Promise<BatchEntry[]> {
  const { onEvent: tell = untold, signal = endless(), live } = given;
  const flags = givenFlags(inferOptions, given);
  const chosen = await chooseModel(given, { tell, signal });
  const { weights, opened, trained } = chosen;
  const { classification, ...tiling } = trained.defaults(flags);
  const said = {
    ...{ ...tiling, ...chosen.defaults, className: classification },
    classes: trained.classes,
  };
  const options = {
    ...withClassNames(withDefaults(inferOptions, said, given), flags),
    ...{ weights, opened, model: opened?.label },
  };
  const settings = settingsOf(options);
  checkTiling(options);
  const context = await RunContext.begin(given.command ?? []);
  // All are planned: names and folders must not depend on the shard.
  const all = planResults(await listSlides(sources), options);
  await checkRegions(options, all.length);
  const [part, parts] = options.shard ?? [1, 1];
  const slides = all.filter((_, i) => i % parts === part - 1);
  if (!options.overwrite) await refuseForeign(options);
  if (!options.overwrite && !options.resume) {
    await refuseExisting(
      slides.flatMap(({ name, out }) => resultFiles(name, { ...options, out })),
      WAYS_OUT,
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
  let ended = false;
  try {
    for (const [index, slide] of slides.entries()) {
      await tell({ kind: "slide", index });
      const entry = await inferEntry(slide, batch).catch((error) => {
        signal.throwIfAborted();
        model.check(); // no slide can do without weights and device
        const source = shownSource(slide.source);
        const { place } = slide;
        return {
          source,
          place,
          status: "failed",
          error: oneLine(error),
          ...(mayPass(error) && { mayPass: true }),
        } as const;
      });
      entries.push(entry);
      await tell({ kind: "entry", entry });
    }
    ended = true;
  } finally {
    // Also of a run that ends early: its slides are done.
    if (entries.length > 0) {
      await tell({ kind: "entries", entries });
      await finishBatch(entries, { ...options, context }).catch((error) => {
        if (ended) throw error; // else the first error is the one to tell
      });
    }
  }
  return entries;
}
