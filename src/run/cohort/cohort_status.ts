import { join } from "node:path";
import { OpenCohort, type Part, partPath, partsFolder } from "./cohort.ts";
import { listBegun, listParts } from "./list_parts.ts";
import { readPart } from "./part_file.ts";
import { type PartFailure, readFailure } from "./part_state.ts";

/**
 * How far a cohort is.
 *
 * @category Cohorts
 */
export interface CohortStatus {
  /** Numbers of slides, and of those all of whose parts are done. */
  readonly slides: { readonly all: number; readonly done: number };
  /** Numbers of parts. Those begun have a journal or a claim: they are running, or were killed. */
  readonly parts: {
    readonly all: number;
    readonly done: number;
    readonly begun: number;
    readonly failed: number;
    readonly left: number;
  };
  /** Numbers of tiles, background included. */
  readonly tiles: { readonly all: number; readonly done: number };
  /** Seconds that a process takes for a tile, background included, by a sample of the parts that are done. */
  readonly secondsPerTile?: number;
  /** Seconds that are left, if as many processes go on as parts are begun. */
  readonly secondsLeft?: number;
  /** The numbers of the parts that are not done, those that failed included. */
  readonly missing: readonly number[];
  /** The first failures. */
  readonly failures: readonly PartFailure[];
}

/** Parts whose times are read, and failures that are told. */
const [SAMPLE, TOLD] = [50, 20];

/**
 * Says how far a cohort is, from the names of files: no clock of another machine counts. Deno only.
 *
 * @throws {Error} If the cohort cannot be read.
 *
 * @category Cohorts
 */
export async function cohortStatus(
  folder: string,
  { state = join(folder, "state") }: { readonly state?: string } = {},
): Promise<CohortStatus> {
  const cohort = await OpenCohort.read(folder);
  const parts = partsFolder(folder);
  const { done, failed } = await listParts(parts);
  const begun = await listBegun(state);
  const isDone = ({ id }: Part) => done.has(id);
  const all = cohort.parts;
  const finished = all.filter(isDone);
  const missing = all.filter((part) => !isDone(part));
  const running = missing.filter(({ id }) => begun.has(id) && !failed.has(id));
  const open = new Set(missing.map(({ slide }) => slide));
  const tiles = { all: tilesOf(all), done: tilesOf(finished) };
  const secondsPerTile = await paceOf(cohort, { parts, finished });
  const left = missing.filter(({ id }) => !failed.has(id));
  const secondsLeft = secondsPerTile !== undefined && running.length > 0
    ? tilesOf(left) * secondsPerTile / running.length
    : undefined;
  const failures: PartFailure[] = [];
  for (const id of [...failed].sort((a, b) => a - b).slice(0, TOLD)) {
    failures.push((await readFailure(parts, id))!);
  }
  const planned = cohort.cohort.slides.filter(({ error }) => !error).length;
  return {
    slides: { all: cohort.cohort.slides.length, done: planned - open.size },
    parts: {
      all: all.length,
      done: finished.length,
      begun: running.length,
      failed: failed.size,
      left: left.length - running.length,
    },
    ...{ tiles, secondsPerTile, secondsLeft, failures },
    missing: missing.map(({ id }) => id),
  };
}

function tilesOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { tiles }) => sum + tiles, 0);
}

/** Seconds for a tile, over parts that are spread among those done. */
async function paceOf(
  cohort: OpenCohort,
  { parts, finished }: {
    readonly parts: string;
    readonly finished: readonly Part[];
  },
): Promise<number | undefined> {
  const step = Math.max(1, Math.floor(finished.length / SAMPLE));
  let [seconds, tiles] = [0, 0];
  for (let i = 0; i < finished.length; i += step) {
    const { id, tiles: count } = finished[i];
    const path = partPath(parts, id, "tiles");
    const about = { cohort: cohort.digest, part: id };
    const part = await readPart(path, about).catch(() => undefined);
    if (!part) continue;
    seconds += part.milliseconds.total / 1000;
    tiles += count;
  }
  return tiles > 0 ? seconds / tiles : undefined;
}
