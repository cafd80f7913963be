import { join } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import type { Model } from "../predict/model.ts";
import { openSlide, type OpenSlideOptions } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import type { LiveView } from "../view/live_view.ts";
import { findComplete } from "./batch_results.ts";
import { findRegions } from "./find_regions.ts";
import type { PlannedSlide } from "./find_results.ts";
import { runFingerprint } from "./fingerprint.ts";
import type { InferOptions } from "./infer_options.ts";
import { inferSlide } from "./infer_slide.ts";
import type { LazyModel } from "./lazy_model.ts";
import type { Lease } from "./lease.ts";
import { leaseResults, makeFolder, refuseExisting } from "./output_folder.ts";
import { tilingOf } from "./predict_slide.ts";
import { neededBy, resultFiles } from "./result_formats.ts";
import {
  type BatchEntry,
  type RunContext,
  shownSource,
  type Tell,
} from "./run_context.ts";
import { type Attempt, retryOnDevice } from "./retry_on_device.ts";
import { TileJournal } from "./tile_journal.ts";

/** What the slides of a batch share. */
export interface Batch {
  readonly options: InferOptions;
  readonly context: RunContext;
  readonly model: LazyModel;
  readonly live: LiveView | undefined;
  readonly tell: Tell;
  readonly signal: AbortSignal;
  /** Warns about a slide whose tiles have this scale; returns all warnings of the run. */
  warn(slide: string, mpp: number | undefined): readonly string[];
}

/** What to do about results of an earlier run. */
export const WAYS_OUT =
  "use --overwrite to replace them, or --resume to skip complete slides";

/**
 * Processes one slide of a batch. If the GPU fails, the slide goes on with a new device after its finished tiles; see
 * {@linkcode retryOnDevice}.
 *
 * @throws What makes the slide fail.
 */
export async function inferEntry(
  slide: PlannedSlide,
  batch: Batch,
): Promise<BatchEntry> {
  return await retryOnDevice(
    (attempt) => tryEntry(slide, batch, attempt),
    { ...batch, slide },
  );
}

async function tryEntry(
  planned: PlannedSlide,
  batch: Batch,
  attempt: Attempt,
): Promise<BatchEntry> {
  const { source, name, place, mpp, error, out } = planned;
  if (error !== undefined) throw error;
  const { context, model, live, tell } = batch;
  const options = { ...batch.options, out };
  const start = new Date();
  const opening: OpenSlideOptions = {
    name,
    mpp: mpp ?? options.slideMpp,
    page: options.page,
    threads: options.threads,
    sampleRange: options.sampleRange,
    remote: options.timeout ? { timeout: options.timeout * 1000 } : {},
    signal: batch.signal,
  };
  await using slide = await openSlide(source, opening);
  const { warnings: uncertain = [] } = slide;
  const shown = shownSource(source);
  const weightHashes = await model.hashes();
  const regions = await findRegions(name, options);
  const fingerprintOf = (precision: string) =>
    runFingerprint(slide, { options, precision, weightHashes, regions });
  const completed = async (): Promise<BatchEntry | undefined> => {
    if (!options.resume) return undefined;
    const check = { options, fingerprint: fingerprintOf };
    const summary = await findComplete(name, check);
    return summary &&
      { source: shown, place, status: "complete", summary };
  };
  const complete = await completed();
  if (complete) {
    await clearTraces(name, { out, batch });
    return complete;
  }
  await using _folder = await makeFolder(out, "results");
  await using lease = await leaseOf(name, { out, batch });
  // Another run may have completed it just before it released the lease.
  const meanwhile = await completed();
  if (meanwhile) return meanwhile;
  const signal = AbortSignal.any([batch.signal, lease.lost]);
  if (!options.resume && !options.overwrite && !attempt.again) {
    // Another run may have ended since they were looked for.
    await refuseExisting(resultFiles(name, options), WAYS_OUT);
  }
  const loaded = await model.load();
  const fingerprint = fingerprintOf(loaded.precision);
  await using journal = fingerprint === undefined
    ? undefined
    : await openJournal(slide, { options, fingerprint, loaded, attempt, tell });
  if (options.resume && !attempt.again) {
    await tellResumed(name, { out, journal, tell });
  }
  if (!attempt.again) {
    for (const text of uncertain) {
      await tell({ kind: "note", slide: name, text });
    }
  }
  const { downsample } = planTiles(slide, tilingOf(options));
  const tileMpp = slide.mpp && (slide.mpp.x + slide.mpp.y) / 2 * downsample;
  const run = {
    ...{ path: shown, fingerprint, weightHashes, start },
    warnings: [...uncertain, ...batch.warn(name, tileMpp)],
  };
  const summary = await inferSlide(slide, loaded, {
    ...options,
    ...{ run, context, journal, inFlight: attempt.inFlight, signal },
    onMemory: (plan) => model.tellMemory(plan),
    onEvent: tell,
    live: await live?.begin(source, opening),
  }).catch(async (error) => {
    if (batch.signal.aborted && journal && journal.size > 0) {
      const text = `${tilesOf(journal)} are kept; use --resume to continue`;
      await tell({ kind: "note", slide: name, text });
    }
    throw error;
  });
  await journal?.remove();
  return { source: shown, place, status: "done", summary };
}

/** Takes the results of a slide for this run. */
function leaseOf(
  name: string,
  { out, batch: { context, signal } }: {
    readonly out: string;
    readonly batch: Batch;
  },
): Promise<Lease> {
  const action = `write results of "${name}"`;
  return leaseResults(join(out, `.${name}.lock`), { action, context, signal });
}

/** Removes what a run has left that was killed after the last of a slide's files. */
async function clearTraces(
  name: string,
  parts: { readonly out: string; readonly batch: Batch },
): Promise<void> {
  const [lock, journal] = ["lock", "journal"]
    .map((kind) => join(parts.out, `.${name}.${kind}`));
  if (!await exists(lock) && !await exists(journal)) return;
  try {
    await using _lease = await leaseOf(name, parts);
    await Deno.remove(journal).catch(() => {});
  } catch {
    // Another run has it, or nothing can be written there: the results are complete.
    parts.batch.signal.throwIfAborted();
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function openJournal(
  { name }: Slide,
  { options, fingerprint, loaded, attempt, tell }: {
    readonly options: InferOptions;
    readonly fingerprint: string;
    readonly loaded: Model;
    readonly attempt: Attempt;
    readonly tell: Tell;
  },
): Promise<TileJournal> {
  const { formats, classes, out, resume } = options;
  const { probability } = neededBy(formats);
  // Another adapter rounds differently: then the whole slide is processed again.
  const key = `${fingerprint} ${loaded.identity}`;
  const path = join(out, `.${name}.journal`);
  try {
    return await TileJournal.open(path, {
      ...{ key, probability, resume: resume || attempt.again },
      classes: classes?.length,
      onFailure: (cause) =>
        void tell({
          kind: "warning",
          slide: name,
          text: `finished tiles can no longer be recorded for --resume: ${
            reasonOf(cause)
          }`,
        }),
    });
  } catch (cause) {
    throw cannot(`write results of "${name}"`, reasonOf(cause), { cause });
  }
}

/** Says what is used of an earlier run of a slide whose results are not complete. */
async function tellResumed(
  slide: string,
  { out, journal, tell }: {
    readonly out: string;
    readonly journal: TileJournal | undefined;
    readonly tell: Tell;
  },
): Promise<void> {
  if (journal && journal.size + journal.discarded > 0) {
    const damaged = journal.discarded > 0
      ? `; the last ${journal.discarded} bytes of its journal are damaged and not used`
      : "";
    const text = `continuing after ${
      tilesOf(journal)
    } of an interrupted run${damaged}`;
    await tell({ kind: "note", slide, text });
    return;
  }
  if (await exists(join(out, `${slide}.json`))) {
    await tell({ kind: "anew", slide });
  }
}

function tilesOf({ size }: TileJournal): string {
  return `${size} finished tile${size === 1 ? "" : "s"}`;
}
