import { assert, assertEquals } from "@std/assert";
import {
  clear,
  type Ended,
  namesIn,
  pause,
  type Running,
  start,
} from "./command.ts";

/** What {@linkcode killCohort} and {@linkcode killClaims} saw. */
export interface CohortReport {
  /** Processes that a signal ended, by the signal; and those that were stopped for a while. */
  readonly kills: Record<string, number>;
  /** Parts of the cohort. */
  parts: number;
  /** Parts that were computed a second time. */
  twice: number;
  /** The longest time from a signal that can be caught to the end, in milliseconds. */
  longest: number;
}

/** Options of {@linkcode killCohort}. */
export interface KillCohortOptions {
  /** The folder of the inputs. */
  readonly folder: string;
  /** How many processes are killed at least. */
  readonly count: number;
  /** A number from 0 to 1, another at each call. */
  readonly random: () => number;
}

const TILES = ["--tile", "64", "--expansion", "32", "--downsample", "1"];
const MODEL = ["--weights", "tiny.safetensors", ...TILES, "--probability"];
const CODES = {
  SIGKILL: 137,
  SIGTERM: 143,
  SIGUSR2: 143,
  SIGHUP: 143,
} as const;
type Kill = keyof typeof CODES;

/**
 * Computes a cohort in three shards at once, kills each at random moments and starts it again, merges, and compares results
 * with those of one run, to the byte.
 */
export async function killCohort(
  { folder, count, random }: KillCohortOptions,
): Promise<CohortReport> {
  const report = { kills: {}, parts: 0, twice: 0, longest: 0 };
  await prepare(folder, report);
  const each = Math.ceil(count / 3);
  const said: string[] = [];
  await Promise.all([1, 2, 3].map(async (shard) => {
    for (let killed = 0;;) {
      const args = ["infer", "--cohort", "cohort", "--shard", `${shard}/3`];
      const run = start(args, folder);
      const kill = killed < each ? kindOf(random()) : undefined;
      if (kill) await untilWork(run, { folder, random });
      const time = performance.now();
      if (kill) run.kill(kill);
      const ended = await run.ended;
      said.push(ended.out);
      // A signal ends it before it listens.
      const isKilled = ended.signal !== null ||
        kill !== undefined && ended.code === CODES[kill];
      if (!kill || !isKilled) {
        assertEquals(ended.code, 0, ended.error);
        return;
      }
      killed++;
      counted(report.kills, kill);
      if (ended.signal === null) longest(report, performance.now() - time);
    }
  }));
  report.twice = twiceIn(said);
  await compare(folder);
  return report;
}

/** Waits until another part is begun, and then a while; sometimes only a while, as a process may be killed at its start. */
async function untilWork(
  { ended }: Running,
  { folder, random }: Pick<KillCohortOptions, "folder" | "random">,
): Promise<void> {
  let isOver = false;
  ended.then(() => isOver = true);
  const journals = () =>
    namesIn(`${folder}/cohort/state/000`).filter((name) =>
      name.endsWith(".journal")
    );
  const before = journals();
  const isNew = (name: string) => !before.includes(name);
  const early = random() < 0.2;
  while (!early && !isOver && !journals().some(isNew)) await pause(5);
  await pause(random() * 400);
}

/** The same with processes that claim parts: one is killed, one stopped, given up by the others, and woken. */
export async function killClaims(
  { folder, random }: Omit<KillCohortOptions, "count">,
): Promise<CohortReport> {
  const report = { kills: {}, parts: 0, twice: 0, longest: 0 };
  await prepare(folder, report);
  const args = ["infer", "--cohort", "cohort", "--claim", "--patience", "6"];
  const runs = [0, 1, 2].map(() => start(args, folder));
  for (let i = 0; i < 600 && !hasClaims(folder, 3); i++) await pause(50);
  await pause(random() * 1000);
  runs[0].kill("SIGKILL");
  runs[1].kill("SIGSTOP");
  const last = await runs[2].ended;
  assertEquals(last.code, 0, last.error);
  assertEquals(partsIn(folder).length, report.parts, "the third did the rest");
  runs[1].kill("SIGCONT");
  const ends: Ended[] = [await runs[0].ended, await runs[1].ended, last];
  assertEquals(ends[1].code, 0, ends[1].error);
  counted(report.kills, "SIGKILL");
  counted(report.kills, "SIGSTOP");
  report.twice = twiceIn(ends.map(({ out }) => out));
  await compare(folder);
  return report;
}

async function prepare(folder: string, report: CohortReport): Promise<void> {
  for (const name of ["cohort", "single"]) await clear(`${folder}/${name}`);
  const args = ["many", ...MODEL, "--out"];
  const planned = await start(
    ["plan", ...args, "cohort", "--parts-of", "4"],
    folder,
  ).ended;
  assertEquals(planned.code, 0, planned.error);
  report.parts = Number(/in (\d+) parts/.exec(planned.out)![1]);
  const single = await start(
    ["infer", ...args, "single", "--reproducible"],
    folder,
  ).ended;
  assertEquals(single.code, 0, single.error);
}

async function compare(folder: string): Promise<void> {
  const merged = await start(["merge", "cohort"], folder).ended;
  assertEquals(merged.code, 0, merged.error);
  const [one, other] = ["single", "cohort/results"].map((name) =>
    namesIn(`${folder}/${name}`).filter((file) => !file.endsWith(".run.json"))
  );
  assertEquals(other, one);
  for (const name of one) {
    const [a, b] = ["single", "cohort/results"].map((place) =>
      Deno.readFileSync(`${folder}/${place}/${name}`)
    );
    assert(a.length === b.length && a.every((byte, i) => byte === b[i]), name);
  }
  const left = namesIn(`${folder}/cohort/state/000`)
    .filter((name) => name.endsWith(".journal"));
  assertEquals(left, []);
}

function kindOf(draw: number): Kill {
  if (draw < 0.5) return "SIGKILL";
  return draw < 0.7 ? "SIGTERM" : draw < 0.85 ? "SIGUSR2" : "SIGHUP";
}

function counted(kills: Record<string, number>, kill: string): void {
  kills[kill] = (kills[kill] ?? 0) + 1;
}

function longest(report: CohortReport, time: number): void {
  report.longest = Math.max(report.longest, Math.round(time));
}

function twiceIn(said: readonly string[]): number {
  const done = said.flatMap((text) =>
    [...text.matchAll(/^part (\d+) .*: done$/gm)].map(([, part]) => part)
  );
  return done.length - new Set(done).size;
}

function hasClaims(folder: string, count: number): boolean {
  return namesIn(`${folder}/cohort/state/000`)
    .filter((name) => name.endsWith(".claim")).length >= count;
}

function partsIn(folder: string): string[] {
  return namesIn(`${folder}/cohort/parts/000`)
    .filter((name) => name.endsWith(".tiles"));
}
