/**
 * Changes one token at a time in a copy of the project, and reports whether tests notice.
 *
 * A mutant runs against the test file beside its own, then against those of its folder, then against all others that import it,
 * until one fails; a mutant that makes the test take 5 times as long, and 10 seconds more, counts as noticed. A mutant
 * that passes all tests is finally type-checked. Mutants that no test could notice are listed in `equivalent.json`, with the reason.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import {
  chooseMutants,
  type Equivalent,
  findMutants,
  isEquivalent,
} from "./choose_mutants.ts";
import { TestFinder } from "./find_tests.ts";
import type { Mutant } from "./mutant.ts";
import { filesOf, WorkingCopy } from "./working_copy.ts";

const USAGE = `Usage: deno task mutate [options] [FOLDER, FILE or FILE:LINE...]

Changes one token at a time and reports whether tests notice. Without folders:
readers, numerics and geometry of src/, and shaders/.

  --seed S       which mutants; equal seeds choose the same (default: 1)
  --count N      how many, each in another file while there are any (default: 40)
  --at-least P   exit code 1 if less than this share, 0 to 1, is noticed
  --near         only tests of the mutant's own folder
  --slowest S    without test files that take longer, in seconds (default: 600)
  --jobs N       mutants at a time, each in a copy of its own (default: 1)
  --help         print this and exit`;

const FOLDERS = [
  ...["slide", "tiles", "masks", "corrections", "labels"].map(
    (name) => `src/${name}`,
  ),
  ...["evaluate", "weights", "graph"].map(
    (name) => `src/${name}`,
  ),
  ...["src/kernels", "src/train", "src/predict", "shaders"],
];

const options = parseArgs(Deno.args, {
  string: ["seed", "count", "at-least", "slowest", "jobs"],
  boolean: ["near", "help"],
  default: {
    seed: "1",
    count: "40",
    "at-least": "0",
    slowest: "600",
    jobs: "1",
  },
  unknown(name, key) {
    if (key !== undefined) fail(`there is no option ${name}`);
  },
});
if (options.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const [seed, count, atLeast, slowest, jobs] = [
  options.seed,
  options.count,
  options["at-least"],
  options.slowest,
  options.jobs,
].map(Number);
if (![seed, count, atLeast, slowest, jobs].every((value) => value >= 0)) {
  fail("numbers are not negative");
}

const project = decodeURIComponent(new URL("../../", import.meta.url).pathname)
  .replace(/\/$/, "");
const files = await filesOf(project);
const equivalents: Equivalent[] = JSON.parse(
  await Deno.readTextFile(new URL("equivalent.json", import.meta.url)),
);
const mutants = chooseMutants(await candidates(), { seed, count });
if (mutants.length === 0) fail("there is nothing to change");

const durations = new Map<string, Promise<number>>();
const queue = mutants.values();
const folders = new Map<string, { noticed: number; all: number }>();
let finder: TestFinder | undefined;
await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
report();

async function candidates(): Promise<Mutant[][]> {
  const chosen = options._.length > 0 ? options._.map(String) : FOLDERS;
  const own = files.filter((path) =>
    /\.(ts|wgsl)$/.test(path) && !path.endsWith("_test.ts") &&
    FOLDERS.some((folder) => path.startsWith(`${folder}/`)) &&
    path !== "src/kernels/shaders.ts" && !path.includes("/wasm/") &&
    !/^shaders\/[^/]*$/.test(path) &&
    chosen.some((each) =>
      path === each.replace(/:\d+$/, "") ||
      path.startsWith(`${each.replace(/\/$/, "")}/`)
    )
  );
  return await Promise.all(own.map(async (path) => {
    const source = await Deno.readTextFile(`${project}/${path}`);
    return findMutants(path, source)
      .filter((mutant) =>
        !isEquivalent(mutant, equivalents) && (
          !chosen.some((each) => each.startsWith(`${path}:`)) ||
          chosen.includes(`${path}:${mutant.line}`)
        )
      );
  }));
}

async function work(): Promise<void> {
  await using copy = await WorkingCopy.create(project, files);
  for (const mutant of queue) {
    finder ??= await TestFinder.read(copy.root, files);
    const noticed = await noticedBy(mutant, copy, finder);
    const folder = mutant.file.split("/").slice(0, 2).join("/");
    const counts = folders.get(folder) ?? { noticed: 0, all: 0 };
    folders.set(folder, counts);
    counts.all++;
    if (noticed) counts.noticed++;
    console.log(
      `${mutant.file}:${mutant.line}: ${mutant.text}\n  ${mutant.before} → ${mutant.after}: ${
        noticed ? `noticed by ${noticed}` : "NOT noticed"
      }`,
    );
  }
}

async function noticedBy(
  mutant: Mutant,
  copy: WorkingCopy,
  finder: TestFinder,
): Promise<string | undefined> {
  const [beside, near, far] = finder.testsOf(mutant.file);
  for (const tests of options.near ? [beside, near] : [beside, near, far]) {
    const timed: { path: string; seconds: number }[] = [];
    for (const path of tests) {
      timed.push({ path, seconds: await measure(path, copy) });
    }
    if (tests === far) timed.sort((a, b) => a.seconds - b.seconds);
    for (const { path, seconds } of timed) {
      const failure = await failureOf(path, mutant, { copy, seconds });
      if (failure) return `${path}: ${failure}`;
    }
  }
  if (options.near || !mutant.file.endsWith(".ts")) return undefined;
  await using _planted = await copy.plant(mutant);
  return await copy.check(mutant.file);
}

/** What fails of a test file with the mutant, given how long it takes without. */
async function failureOf(
  path: string,
  mutant: Mutant,
  { copy, seconds }: { readonly copy: WorkingCopy; readonly seconds: number },
): Promise<string | undefined> {
  if (seconds === Infinity) return undefined;
  const limit = 10 + 5 * seconds;
  const outcome = await (async () => {
    await using planted = await copy.plant(mutant);
    return planted.failure
      ? { failure: planted.failure, isLate: false }
      : await copy.test(path, limit);
  })();
  if (!outcome.isLate) return outcome.failure;
  // The machine may have more to do than it had when the time was taken.
  const { seconds: now } = await copy.test(path, 600);
  if (10 + 5 * now <= limit * 1.5) return outcome.failure;
  return await failureOf(path, mutant, { copy, seconds: now });
}

/** Seconds of a test file without a mutant: it has to pass. */
function measure(path: string, copy: WorkingCopy): Promise<number> {
  let seconds = durations.get(path);
  if (!seconds) {
    durations.set(
      path,
      seconds = copy.test(path, slowest).then(({ failure, seconds }) => {
        if (seconds >= slowest) return Infinity;
        if (!failure) return seconds;
        console.error(`${path} fails without a change, and is left out`);
        return Infinity;
      }),
    );
  }
  return seconds;
}

function report(): void {
  const total = { noticed: 0, all: 0 };
  for (const [folder, { noticed, all }] of [...folders].sort()) {
    console.log(`${folder}: ${noticed} of ${all} noticed`);
    total.noticed += noticed;
    total.all += all;
  }
  const share = total.noticed / total.all;
  console.log(
    `${total.noticed} of ${total.all} noticed: ${(share * 100).toFixed(1)} %`,
  );
  if (share < atLeast) {
    console.error(
      `Tests notice too little: ${share.toFixed(3)} is less than ${atLeast}`,
    );
    Deno.exit(1);
  }
}

function fail(reason: string): never {
  console.error(`Cannot mutate: ${reason}\n\n${USAGE}`);
  Deno.exit(2);
}
