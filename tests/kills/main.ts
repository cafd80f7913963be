/**
 * Kills runs at random moments, resumes them, and compares their results with those of a run that nothing disturbed; with
 * `--collide`, starts runs into one folder at once.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { collide } from "./collide.ts";
import { type JobName, jobOf, writeInputs } from "./jobs.ts";
import { killClaims, killCohort } from "./kill_cohort.ts";
import { type KillOptions, killRuns } from "./kill_runs.ts";
import { seeded } from "./seeded.ts";

const USAGE = `Usage: deno task kills [options]

Kills runs at random moments and resumes them until they end, and compares results.

  --count N    kills of each job, or tries with --collide (default: 20)
  --seed S     which moments (default: 1)
  --job NAME   slide, batch, train, cohort or claims (default: all)
  --collide    start each job twice into one folder instead
  --help       print this and exit`;

const NAMES = ["slide", "batch", "train", "cohort", "claims"] as const;
const options = parseArgs(Deno.args, {
  string: ["count", "seed", "job"],
  boolean: ["collide", "help"],
  default: { count: "20", seed: "1" },
  unknown(name) {
    fail(`there is no option ${name}`);
  },
});
if (options.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const [count, seed] = [options.count, options.seed].map(Number);
if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed))) {
  fail("--count and --seed must be integers");
}
const chosen = NAMES.filter((name) =>
  options.job === undefined || name === options.job
);
if (chosen.length === 0) fail(`--job must be one of ${NAMES.join(", ")}`);

for (const name of chosen) {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-kills-" });
  try {
    await writeInputs(folder);
    const work = { folder, count, random: seeded(seed) };
    const report = await reportOf(name, work);
    console.log(`${name}: ${JSON.stringify(report)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function reportOf(
  name: JobName | "cohort" | "claims",
  work: KillOptions,
): Promise<unknown> {
  if (name === "cohort") return await killCohort(work);
  if (name === "claims") return await killClaims(work);
  const job = jobOf(name);
  return options.collide ? await collide(job, work) : await killRuns(job, work);
}

function fail(reason: string): never {
  console.error(`Cannot kill runs: ${reason}\n\n${USAGE}`);
  Deno.exit(2);
}
