import { join } from "node:path";
import { cannot } from "../../errors/cannot.ts";
import { collect } from "../../gpu/collect.ts";
import { severalOf } from "../../io/classes.ts";
import { eachOf } from "../../io/each_of.ts";
import { Semaphore } from "../../io/semaphore.ts";
import { Overview } from "../../masks/pictures/overview.ts";
import { tileSpan } from "../../tiles/plan_tiles.ts";
import { findComplete, finishBatch, refuseForeign } from "../batch_results.ts";
import { type PlannedSlide, planResults } from "../find_results.ts";
import type { InferOptions } from "../infer_options.ts";
import { leaseResults, makeFolder } from "../output_folder.ts";
import { neededBy } from "../result_formats.ts";
import {
  type BatchEntry,
  endless,
  type JobOptions,
  oneLine,
  RunContext,
  shownSource,
  untold,
} from "../run_context.ts";
import { type SlideFacts, writeResults } from "../write_results.ts";
import { Adapters } from "./adapters.ts";
import { OpenCohort, type Part, partPath, partsFolder } from "./cohort.ts";
import { listParts } from "./list_parts.ts";
import {
  addPicture,
  isIntactPart,
  type PartFile,
  readPart,
  tilesOfPart,
} from "./part_file.ts";
import { readFailure } from "./part_state.ts";

/** Slides that are merged at a time: each waits for the disk most of the time. And bytes of memory that they take. */
const [AT_A_TIME, BUDGET] = [8, 2 ** 27];
/** Slides after which garbage is collected. */
const COLLECTED = 100;

/**
 * Options for {@linkcode mergeCohort}.
 *
 * @category Cohorts
 */
export interface MergeCohortOptions extends JobOptions {
  /** The folder of the results. Default: `results` in the cohort's folder. */
  readonly out?: string;
  /** The folder of finished parts. Default: `parts` in the cohort's folder. */
  readonly parts?: string;
  /** Milliseconds to wait for parts that network file systems show late. Default: 0. */
  readonly wait?: number;
  /** Whether parts of several adapters are refused, rather than told of. Default: false. */
  readonly sameAdapter?: boolean;
}

/**
 * A merged cohort.
 *
 * @category Cohorts
 */
export interface MergedCohort {
  /** The slides whose results are written, or that failed; without summaries, which are in `NAME.json`. */
  readonly entries: readonly BatchEntry[];
  /** The numbers of parts that are missing or damaged. */
  readonly missing: readonly number[];
  /** Adapters, drivers and runtimes, with the numbers of the parts that each has computed. */
  readonly adapters: ReadonlyMap<string, readonly number[]>;
  /** The number of all parts. */
  readonly parts: number;
}

/**
 * Joins the parts of a cohort to results, like those of one run with `reproducible`, to the byte. It needs no GPU, no slides
 * and no weights. Slides with missing parts are left out; merging again adds them. Deno only.
 *
 * @example
 * ```ts ignore
 * import { mergeCohort } from "@tilewise/tilewise/run";
 *
 * const { missing } = await mergeCohort("cohort");
 * ```
 *
 * @throws {Error} If another process is merging, or the results cannot be written.
 *
 * @category Cohorts
 */
export async function mergeCohort(
  folder: string,
  given: MergeCohortOptions = {},
): Promise<MergedCohort> {
  const { onEvent: tell = untold, signal = endless() } = given;
  const { out = join(folder, "results"), wait = 0 } = given;
  const cohort = await OpenCohort.read(folder);
  const options = { ...cohort.options, out };
  const context = await RunContext.begin(given.command ?? []);
  await using _out = await makeFolder(out, "results");
  await using _lease = await leaseResults(join(out, ".merge.lock"), {
    ...{ action: `merge cohort "${folder}"`, context, signal },
  });
  await refuseForeign(options);
  const parts = given.parts ?? partsFolder(folder);
  await untilListed(cohort, { parts, wait, signal });
  const adapters = new Adapters();
  if (given.sameAdapter) await refuseMixed(cohort, parts);
  const slides = planResults(cohort.cohort.slides, options);
  await tell({ kind: "begin", slides: slides.length });
  const bySlide = Map.groupBy(cohort.parts, ({ slide }) => slide);
  const turns = new Semaphore({ count: AT_A_TIME, weight: BUDGET });
  const merge = { cohort, parts, options, context, signal, turns, adapters };
  const merged: (BatchEntry | readonly number[])[] = [];
  await eachOf(slides.entries(), AT_A_TIME, async ([index, slide]) => {
    const own = bySlide.get(index) ?? [];
    const found = await again(() => mergeSlide(slide, own, merge)).catch(
      (error): BatchEntry => {
        signal.throwIfAborted();
        return failed(slide, oneLine(error));
      },
    );
    if ("place" in found) await tell({ kind: "entry", entry: found });
    // Else garbage of many small objects takes hundreds of megabytes.
    if (index % COLLECTED === COLLECTED - 1) collect();
    merged[index] = "place" in found ? { ...found, summary: undefined } : found;
  });
  const entries = merged.filter((one) => "place" in one);
  const missing = merged.flatMap((one) => "place" in one ? [] : one);
  for (const ids of adapters.parts.values()) ids.sort((a, b) => a - b);
  const mixed = adapters.describe();
  if (mixed !== undefined) await tell({ kind: "warning", text: mixed });
  if (entries.length > 0) {
    await tell({ kind: "entries", entries });
    await finishBatch(entries, { ...options, context });
  }
  const { length } = cohort.parts;
  return { entries, missing, adapters: adapters.parts, parts: length };
}

interface Merge {
  readonly cohort: OpenCohort;
  readonly parts: string;
  readonly options: InferOptions;
  readonly context: RunContext;
  readonly adapters: Adapters;
  readonly turns: Semaphore;
  readonly signal: AbortSignal;
}

/** Merges a slide; resolves to the numbers of missing parts if there are any. */
async function mergeSlide(
  slide: PlannedSlide,
  own: readonly Part[],
  { cohort, parts, options, context, adapters, turns, signal }: Merge,
): Promise<BatchEntry | readonly number[]> {
  if (own.length === 0) return failed(slide, String(slide.error));
  const found: PartFile[] = [];
  const missing: number[] = [];
  for (const { id } of own) {
    const path = partPath(parts, id, "tiles");
    const about = { cohort: cohort.digest, part: id };
    const part = await readPart(path, about);
    if (part && await isIntactPart(part)) {
      found.push(part);
      continue;
    }
    // So that it is computed again; what is there is kept.
    if (part) await Deno.rename(path, `${path}.damaged`);
    const failure = part ? undefined : await readFailure(parts, id);
    if (failure) return failed(slide, failure.error);
    missing.push(id);
  }
  if (missing.length > 0) return missing;
  const { source, name, place, out } = slide;
  const facts = factsOfAll(found);
  const mine = { ...options, out };
  const { fingerprint } = facts.settings;
  const summary = await findComplete(name, {
    ...{ options: mine, fingerprint: () => fingerprint },
  });
  const shown = shownSource(source);
  if (summary) {
    for (const part of found) adapters.add(part);
    return { source: shown, place, status: "complete", summary };
  }
  using _turn = await turns.take({ signal, weight: bytesOf(found[0]) });
  await using _folder = await makeFolder(out, "results");
  const start = new Date();
  const time = performance.now();
  const overview = neededBy(options.formats).overview
    ? new Overview({ ...facts.slide, classes: severalOf(options.classes) })
    : undefined;
  for (const part of overview ? found : []) await addPicture(part, overview!);
  async function* tiles() {
    for (const part of found) yield* tilesOfPart(part);
  }
  const sum = (of: (part: PartFile) => number) =>
    found.reduce((total, part) => total + of(part), 0);
  const written = await writeResults(tiles(), {
    ...{ options: mine, facts, overview, signal },
    regionPx: found[0].region && sum(({ region }) => region?.areaPx ?? 0),
    seenPx: () => sum(({ region }) => region?.seenPx ?? 0),
    tiles: () => ({
      seen: sum(({ tiles }) => tiles.seen),
      skipped: sum(({ tiles }) => tiles.skipped),
    }),
    onWritten: () =>
      Promise.resolve({
        path: shown,
        run: context.record({ start }),
        parts: found.map(({ part, run, identity, memory, milliseconds }) => ({
          ...{ part, run, identity, memory, milliseconds },
        })),
        milliseconds: {
          read: sum(({ milliseconds }) => milliseconds.read),
          predict: sum(({ milliseconds }) => milliseconds.predict),
          write: performance.now() - time,
        },
      }),
  });
  for (const part of found) adapters.add(part);
  return { source: shown, place, status: "done", summary: written };
}

/** What all parts of a slide say; the adapters of all, if they differ. */
function factsOfAll(parts: readonly PartFile[]): SlideFacts {
  const [{ facts }] = parts;
  const adapters = new Set(parts.map(({ facts }) => facts.settings.adapter));
  if (adapters.size === 1) return facts;
  const adapter = [...adapters].sort().join(" and ");
  return { ...facts, settings: { ...facts.settings, adapter } };
}

function failed(
  { source, place }: PlannedSlide,
  error: string,
): BatchEntry {
  return { source: shownSource(source), place, status: "failed", error };
}

/** Tries again where a file was replaced while it was read, as network file systems report it. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1;; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 3 || !isStale(error)) throw error;
    }
  }
}

function isStale(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if ((one as { code?: unknown }).code === "ESTALE") return true;
  }
  return false;
}

/** Waits while parts are missing: a network file system may show their names late. */
async function untilListed(
  cohort: OpenCohort,
  { parts, wait, signal }: {
    readonly parts: string;
    readonly wait: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const end = performance.now() + wait;
  while (performance.now() < end) {
    signal.throwIfAborted();
    const { done, failed } = await listParts(parts);
    if (cohort.parts.every(({ id }) => done.has(id) || failed.has(id))) return;
    const pause = Math.min(1000, wait);
    await new Promise((resume) => setTimeout(resume, pause));
  }
}

async function refuseMixed(cohort: OpenCohort, parts: string): Promise<void> {
  const adapters = new Adapters();
  for (const { id: part } of cohort.parts) {
    const about = { cohort: cohort.digest, part };
    const found = await readPart(partPath(parts, part, "tiles"), about);
    if (found) adapters.add(found);
  }
  const mixed = adapters.describe();
  if (mixed) throw cannot(`merge cohort "${cohort.folder}"`, mixed);
}

/** Bytes that a slide takes while it is merged: its picture, and a row of tiles with mask and probabilities. */
function bytesOf({ facts: { slide: { width, height } }, grid }: PartFile) {
  const scale = Math.ceil(Math.max(width, height) / 2048);
  const picture = width * height / scale ** 2;
  return 16 * picture + 3 * width * tileSpan(grid.first);
}
