import { join } from "node:path";
import { cannot, explained, reasonOf } from "../errors/cannot.ts";
import { GpuError } from "../gpu/gpu_error.ts";
import type { Model } from "../predict/model.ts";
import { openSlide, type OpenSlideOptions } from "../slide/open_slide.ts";
import type { Slide } from "../slide/slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import type { LiveView } from "../view/live_view.ts";
import { findComplete } from "./batch_results.ts";
import type { PlannedSlide } from "./find_results.ts";
import { runFingerprint } from "./fingerprint.ts";
import type { InferOptions } from "./infer_options.ts";
import { inferSlide, tilingOf } from "./infer_slide.ts";
import type { LazyModel } from "./lazy_model.ts";
import type { Lease } from "./lease.ts";
import { leaseResults, makeFolder, refuseExisting } from "./output_folder.ts";
import { FORMATS, resultFiles, resultFormats } from "./result_formats.ts";
import {
  type BatchEntry,
  type RunContext,
  shownSource,
  type Tell,
} from "./run_context.ts";
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

/** How a slide is tried again after the device has failed. */
interface Attempt {
  /** Tiles on the GPU at a time. Default: as usual. */
  readonly inFlight?: number;
  /** Whether it is not the first. */
  readonly again: boolean;
}

/**
 * Processes one slide of a batch. If the GPU fails, the slide goes on with a new device after its finished tiles, once; if its
 * memory runs out, with one tile at a time, then with half of the memory.
 *
 * @throws What makes the slide fail.
 */
export async function inferEntry(
  slide: PlannedSlide,
  batch: Batch,
): Promise<BatchEntry> {
  const { model, tell, signal } = batch;
  let attempt: Attempt = { again: false };
  for (let tries = 1;; tries++) {
    try {
      return await tryEntry(slide, batch, attempt);
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error, model)) {
        throw explained(error, `segment "${shownSource(slide.source)}"`);
      }
      const isFull = error.kind === "out-of-memory";
      const bytes = model.bytes;
      await model.renew(isFull && tries === 2 ? bytes / 2 : undefined);
      if (tries === (isFull ? 3 : 2)) throw error;
      attempt = { again: true, inFlight: isFull ? 1 : undefined };
      const how = !isFull
        ? "continuing with a new device"
        : tries === 1
        ? "continuing with one tile at a time"
        : "continuing with half of the memory";
      const text = `${reasonOf(error)}; ${how}`;
      await tell({ kind: "warning", slide: slide.name, text });
    }
  }
}

/** Whether a new device may do what failed, unlike weights that no memory holds, or a missing adapter. */
function mayPass(error: unknown, model: LazyModel): error is GpuError {
  return error instanceof GpuError &&
    (model.hasFailed || ["validation", "compile"].includes(error.kind));
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
    sampleRange: options.sampleRange,
    remote: options.timeout ? { timeout: options.timeout * 1000 } : {},
    signal: batch.signal,
  };
  await using slide = await openSlide(source, opening);
  const { warnings: uncertain = [] } = slide;
  const shown = shownSource(source);
  const weightHashes = await model.hashes();
  const fingerprintOf = (precision: string) =>
    runFingerprint(slide, { options, precision, weightHashes });
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
  const { formats, out, resume } = options;
  const kept = FORMATS.filter((format) => formats.has(format))
    .map((format) => resultFormats[format].probability);
  const probability = kept.includes("everywhere")
    ? "everywhere"
    : kept.includes("objects")
    ? "objects"
    : "none";
  // Another adapter rounds differently: then the whole slide is processed again.
  const key = `${fingerprint} ${loaded.identity}`;
  const path = join(out, `.${name}.journal`);
  try {
    return await TileJournal.open(path, {
      ...{ key, probability, resume: resume || attempt.again },
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
