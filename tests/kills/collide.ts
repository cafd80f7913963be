import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describeFiles } from "../../src/run/batch_results.ts";
import {
  clear,
  type Ended,
  namesIn,
  pause,
  start,
  tracesIn,
} from "./command.ts";
import type { Job } from "./jobs.ts";

/** What {@linkcode collide} saw. */
export interface CollideReport {
  tries: number;
  /** Slides, or runs of a training, that one of the two was refused. */
  refused: number;
  /** Slides that the later run found complete. */
  complete: number;
}

/**
 * Starts a job twice into one folder, the second after a random moment, again and again, and checks that one is refused what
 * the other holds, by name, that results are of one run, and that `--resume` then says that they are complete.
 */
export async function collide(
  job: Job,
  { folder, count, random }: {
    readonly folder: string;
    readonly count: number;
    readonly random: () => number;
  },
): Promise<CollideReport> {
  const out = `${folder}/out`;
  const report = { tries: 0, refused: 0, complete: 0 };
  await clear(out);
  const time = performance.now();
  assertEquals((await start(job.args, folder).ended).code, 0);
  const calm = performance.now() - time;
  for (; report.tries < count; report.tries++) {
    await clear(out);
    const one = start(job.args, folder);
    await pause(random() * random() * calm); // most of them close together
    const ends = await Promise.all([one.ended, start(job.args, folder).ended]);
    for (const ended of ends) checkEnd(job, ended, report);
    assertEquals(tracesIn(out), []);
    const last = await start(job.args, folder).ended;
    assertEquals(last.code, 0, last.error);
    for (const slide of job.slides) {
      const text = ends.map(({ out, error }) => out + error).join("\n");
      assertStringIncludes(last.out, `${slide}: complete`, text);
      await checkWhole(slide, out);
    }
  }
  return report;
}

function checkEnd(
  job: Job,
  { code, out, error }: Ended,
  report: CollideReport,
): void {
  const said = /^tilewise: (Cannot .*)$/gm;
  const errors = [...error.matchAll(said)].map(([, text]) => text);
  assertEquals(code, errors.length > 0 ? 1 : 0, error);
  for (const text of errors) {
    const what = job.slides.length > 0
      ? 'results of "(\\w+)"'
      : 'checkpoints to "out"';
    const held = new RegExp(
      `^Cannot write ${what}: (another process|run \\S+ \\(process \\d+, since \\S+\\)) is writing them; wait for it, or choose another output folder$`,
    );
    assert(held.test(text), text);
    report.refused++;
  }
  report.complete += out.match(/: complete$/gm)?.length ?? 0;
}

/** Checks that the files of a slide are those that its summary lists. */
async function checkWhole(slide: string, out: string): Promise<void> {
  const { files } = JSON.parse(await Deno.readTextFile(`${out}/${slide}.json`));
  const paths = namesIn(out).filter((name) => name.startsWith(`${slide}.`))
    .map((name) => `${out}/${name}`);
  const found = await describeFiles(paths);
  const byName = (a: { name: string }, b: { name: string }) =>
    a.name < b.name ? -1 : 1;
  assertEquals(found.toSorted(byName), files.toSorted(byName));
}
