/**
 * Runs a short batch again and again, and lets another call fail each time: of the GPU, of files, of a server, of threads.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { FILE_FAULTS } from "../helpers/faulty_files.ts";
import { GPU_FAULTS } from "../helpers/faulty_gpu.ts";
import { NETWORK_FAULTS } from "../helpers/faulty_server.ts";
import { WORKER_FAULTS } from "../helpers/faulty_workers.ts";
import {
  type Every,
  type Injected,
  injectFileFaults,
  injectGpuFaults,
  injectNetworkFaults,
  injectWorkerFaults,
} from "../helpers/inject_faults.ts";
import { ShortRun } from "../helpers/short_run.ts";

const USAGE = `Usage: deno task inject [options]

Runs a short batch again and again; each time, another call fails. After each, slides
are done or failed with a sentence, no partial file has a result's name, nothing
temporary is left, and --resume ends in the bytes of an undisturbed run.

  --kind K       gpu, files, resume, network or workers (default: all)
  --fault NAME   one fault, such as EIO (default: all of the kind)
  --every N      every N-th call fails (default: 1)
  --least        a run of fewer calls: one slide, four layers (gpu, files)
  --help         print this and exit`;

/** Injects one fault at every n-th call. */
type Inject = (run: ShortRun, every: Every) => Promise<Injected>;

const KINDS: Record<string, Record<string, Inject>> = {
  gpu: injectEach(GPU_FAULTS, injectGpuFaults),
  files: injectEach(FILE_FAULTS, injectFileFaults),
  resume: injectEach(
    FILE_FAULTS,
    (run, options) => injectFileFaults(run, { ...options, resumed: true }),
  ),
  network: injectEach(NETWORK_FAULTS, injectNetworkFaults),
  workers: injectEach(WORKER_FAULTS, injectWorkerFaults),
};

const options = parseArgs(Deno.args, {
  string: ["kind", "fault", "every"],
  boolean: ["help", "least"],
  default: { every: "1" },
  unknown(name, key) {
    if (key !== undefined) fail(`there is no option ${name}`);
  },
});
if (options.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const every = Number(options.every);
if (!(Number.isInteger(every) && every > 0)) fail("--every is at least 1");
const chosen = Object.entries(KINDS)
  .filter(([kind]) => (options.kind ?? kind) === kind)
  .flatMap(([kind, faults]) =>
    Object.entries(faults).map(([fault, inject]) => ({ kind, fault, inject }))
  )
  .filter(({ fault }) => (options.fault ?? fault) === fault);
if (chosen.length === 0) fail("there is no such fault");

let anyBad = false;
for (const { kind, fault, inject } of chosen) {
  await using run = await ShortRun.create({ least: options.least });
  const { calls, faults, recovered, failed, bad } = await inject(run, {
    every,
  });
  console.log(
    `${kind}, ${fault}: ${calls} calls, ${faults} faults, ${recovered} recovered, ${failed} failed with a sentence, bad: ${bad.length}`,
  );
  for (const { at, call, what } of bad) {
    console.log(`  call ${at} (${call}): ${what}`);
  }
  anyBad ||= bad.length > 0;
}
if (anyBad) Deno.exit(1);

function injectEach<F extends string>(
  faults: readonly F[],
  inject: (
    run: ShortRun,
    every: Every & { readonly fault: F },
  ) => Promise<Injected>,
): Record<string, Inject> {
  return Object.fromEntries(
    faults.map((fault) => [
      fault,
      (run: ShortRun, every: Every) => inject(run, { fault, ...every }),
    ]),
  );
}

function fail(reason: string): never {
  console.error(`Cannot inject faults: ${reason}`);
  Deno.exit(1);
}
