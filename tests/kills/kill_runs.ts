import { assert, assertEquals } from "@std/assert";
import {
  clear,
  type Ended,
  namesIn,
  pause,
  type Running,
  start,
  tracesIn,
} from "./command.ts";
import type { Job } from "./jobs.ts";
import { readJournal } from "./read_journal.ts";

/** What {@linkcode killRuns} did. */
export interface KillReport {
  /** Runs that a signal ended, by the signal. */
  readonly kills: Record<string, number>;
  /** Runs that went on after another had ended early. */
  resumes: number;
  /** Runs that ended by themselves, whose results were compared. */
  ends: number;
  /** Tiles in journals that were used again. */
  kept: number;
  /** Tiles that were predicted although they were in a journal. */
  again: number;
}

/** Options for {@linkcode killRuns}. */
export interface KillOptions {
  /** The folder of the inputs. */
  readonly folder: string;
  /** How many runs are killed at least; the last one goes on to its end. */
  readonly count: number;
  /** A number from 0 to 1, another at each call. */
  readonly random: () => number;
}

const CODES = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 } as const;
type Kill = keyof typeof CODES;

/**
 * Kills runs of a job at random moments and resumes them until one ends by itself, again and again, and compares its results
 * with those of a run that nothing disturbed.
 *
 * @throws {Error} If they differ, or a run leaves what it must not.
 */
export async function killRuns(
  job: Job,
  { folder, count, random }: KillOptions,
): Promise<KillReport> {
  const out = `${folder}/out`;
  const report = { kills: {}, resumes: 0, ends: 0, kept: 0, again: 0 };
  const calm = await calmRun(job, folder);
  const expected = resultsOf(job, out);
  let killed = 0;
  while (killed < count) {
    await clear(out);
    killed += await killUntilEnd(job, {
      ...{ folder, random, report, calm },
      most: count - killed,
    });
    assertEquals(tracesIn(out), [], `${job.name}: left at the end`);
    const found = resultsOf(job, out);
    assertEquals([...found.keys()], [...expected.keys()], job.name);
    for (const [name, bytes] of expected) {
      const at = differenceOf(bytes, found.get(name)!);
      const excerpts = [bytes, found.get(name)!].map((one) =>
        new TextDecoder("latin1").decode(one.subarray(at - 40, at + 80))
      );
      assert(at < 0, `${job.name}: ${name} differs: ${excerpts.join(" / ")}`);
    }
    report.ends++;
  }
  return report;
}

interface Calm {
  /** Milliseconds until it begins to write. */
  readonly begin: number;
  /** Milliseconds from then on. */
  readonly work: number;
}

async function calmRun(job: Job, folder: string): Promise<Calm> {
  await clear(`${folder}/out`);
  const time = performance.now();
  const run = start(job.args, folder);
  const begin = await untilWork(run, `${folder}/out`);
  const ended = await run.ended;
  assertEquals(ended.code, 0, ended.error);
  return { begin: begin - time, work: performance.now() - begin };
}

/** The lock files in a folder, with the owners that they name; without those that are being written. */
function locksIn(out: string): string[] {
  return namesIn(out).filter((name) => name.endsWith(".lock")).flatMap(
    (name) => {
      try {
        const text = Deno.readTextFileSync(`${out}/${name}`);
        return [`${name} ${JSON.parse(text).run}`];
      } catch {
        return []; // or removed meanwhile
      }
    },
  );
}

/** Waits until a run has something to lose; resolves to the time. */
async function untilWork({ ended }: Running, out: string): Promise<number> {
  let isOver = false;
  ended.then(() => isOver = true);
  const before = locksIn(out); // of runs that were killed
  const isOwn = (lock: string) => !before.includes(lock);
  while (!isOver && !locksIn(out).some(isOwn)) await pause(2);
  return performance.now();
}

/** One run that is killed again and again until it comes to its end; resolves to the number of kills. */
async function killUntilEnd(
  job: Job,
  { folder, most, random, report, calm }: KillOptionsOfRun,
): Promise<number> {
  const out = `${folder}/out`;
  let killed = 0;
  for (let early = false;; early = true) {
    if (early) report.resumes++;
    const journals = await Journals.keep(job, folder);
    const before = { traces: tracesIn(out), locks: locksIn(out) };
    const run = start(job.args, folder);
    let kill: Kill | undefined;
    if (killed < most) {
      const draw = random();
      kill = draw < 0.7 ? "SIGKILL" : draw < 0.85 ? "SIGTERM" : "SIGINT";
      // Most of them while it works, some while it starts; a clean end is expected of one that works.
      if (kill !== "SIGKILL" || random() < 0.8) {
        await untilWork(run, out);
        await pause(random() * calm.work);
      } else {
        await pause(random() * calm.begin);
      }
      run.kill(kill);
    }
    const ended = await run.ended;
    report.kept += journals.kept;
    report.again += await journals.check(ended);
    const isKilled = kill !== undefined && ended.code === CODES[kill];
    if (!isKilled) {
      assertEquals(ended.code, 0, `${job.name}: ${ended.error}`);
      return killed;
    }
    killed++;
    report.kills[kill!] = (report.kills[kill!] ?? 0) + 1;
    if (kill === "SIGKILL") continue;
    if (ended.signal !== null) continue; // it had not begun to listen
    // What an earlier run left of a slide that this one has not come to, and finished tiles, stay.
    const left = tracesIn(out).filter((name) =>
      !before.traces.includes(name) && !name.endsWith(".journal")
    );
    const held = locksIn(out).filter((lock) => !before.locks.includes(lock));
    assertEquals([left, held], [[], []], `${job.name}: left after ${kill}`);
  }
}

interface KillOptionsOfRun {
  readonly folder: string;
  readonly most: number;
  readonly random: () => number;
  readonly report: KillReport;
  readonly calm: Calm;
}

/** The journals that a run finds, under second names, so that they can still be read when it has removed them. */
class Journals {
  /** Finished tiles in them. */
  kept = 0;
  readonly #found = new Map<string, readonly number[]>();
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async keep(job: Job, folder: string): Promise<Journals> {
    const journals = new Journals(folder);
    for (const slide of job.slides) {
      const link = `${folder}/${slide}.kept`;
      await Deno.remove(link).catch(() => {});
      try {
        await Deno.link(`${folder}/out/.${slide}.journal`, link);
      } catch {
        continue; // it has none
      }
      const tiles = readJournal(await Deno.readFile(link));
      journals.#found.set(slide, tiles);
      journals.kept += tiles.length;
    }
    return journals;
  }

  /** Checks that a run has used what it found; resolves to the number of tiles that it computed again. */
  async check({ code, error, out }: Ended): Promise<number> {
    let again = 0;
    for (const [slide, before] of this.#found) {
      const bytes = await Deno.readFile(`${this.#folder}/${slide}.kept`);
      const after = readJournal(bytes);
      // Only torn records are cut off, and no tile has two.
      assertEquals(after.slice(0, before.length), before, slide);
      again += after.length - new Set(after).size;
      const found = error.match(
        new RegExp(`${slide}: continuing after (\\d+) finished tiles? `),
      );
      if (found) assertEquals(Number(found[1]), before.length, error);
      if (code !== 0) continue;
      const json = await Deno.readTextFile(`${this.#folder}/out/${slide}.json`);
      const { seen } = JSON.parse(json).tiles;
      const isComplete = out.includes(`${slide}: complete`);
      assert(found || before.length === 0 || isComplete, `${slide}: ${error}`);
      // Those of before and those of this run are all of the slide's, each once.
      if (!isComplete || after.length > 0) assertEquals(after.length, seen);
    }
    return again;
  }
}

function resultsOf(job: Job, out: string): Map<string, Uint8Array> {
  return new Map(
    namesIn(out).map((name) => [
      name,
      job.normalize(name, Deno.readFileSync(`${out}/${name}`)),
    ]),
  );
}

/** Where two files differ; -1 if they do not. */
function differenceOf(one: Uint8Array, other: Uint8Array): number {
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return at < 0 && other.length > one.length ? one.length : at;
}
