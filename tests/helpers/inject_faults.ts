import { FaultyFiles, type FileFault, isLasting } from "./faulty_files.ts";
import { FaultyGpu, type GpuFault } from "./faulty_gpu.ts";
import { FaultyServer, type NetworkFault } from "./faulty_server.ts";
import { FaultyWorkers, type WorkerFault } from "./faulty_workers.ts";
import type { ShortRun, ShortRunOptions } from "./short_run.ts";

/** A fault that waits for its call. */
export interface Faulty extends Disposable {
  /** Calls so far that it counts. */
  readonly calls: number;
  /** The call that failed, if one has. */
  readonly failed: string | undefined;
  /** Files that are open. */
  readonly open?: number;
}

/** A fault whose aftermath is not as it must be. */
export interface BadEnd {
  readonly fault: string;
  readonly at: number;
  readonly call: string | undefined;
  readonly what: string;
}

/** How many faults were injected, and what went wrong after them. */
export interface Injected {
  readonly calls: number;
  readonly faults: number;
  /** Runs in which all slides were done all the same, with the results of an undisturbed run. */
  readonly recovered: number;
  /** Runs in which slides failed with a sentence. */
  readonly failed: number;
  readonly bad: readonly BadEnd[];
}

/** Which calls fail. */
export interface Every {
  /** Default: 0, the first. */
  readonly first?: number;
  /** Default: 1, all. */
  readonly every?: number;
  /** Maximum number of faults. Default: until a run passes untouched. */
  readonly most?: number;
}

interface Injection extends Every, ShortRunOptions {
  readonly fault: string;
  /** Makes the call `at` fail. */
  readonly arm: (at: number) => Faulty;
  /** Whether a run with this failed call may leave temporary files. */
  readonly mayLeave?: (call: string) => boolean;
  /** Whether the runs continue one that was killed. Default: false. */
  readonly resumed?: boolean;
}

/** Lets every n-th call of WebGPU fail; see {@linkcode injectFaults}. */
export async function injectGpuFaults(
  run: ShortRun,
  { fault, ...every }: Every & { readonly fault: GpuFault },
): Promise<Injected> {
  using _soon = hangsAreSoonNoticed(fault === "hangs");
  const arm = (at: number) => new FaultyGpu(fault, at);
  return await injectFaults(run, { fault, arm, ...every });
}

/**
 * Lets every n-th use of a file fail; see {@linkcode injectFaults}.
 *
 * @param options.resumed Whether the runs continue one that was killed. Default: false.
 */
export async function injectFileFaults(
  run: ShortRun,
  { fault, ...every }: Every & {
    readonly fault: FileFault;
    readonly resumed?: boolean;
  },
): Promise<Injected> {
  return await injectFaults(run, {
    ...{ fault, ...every },
    arm: (at) => new FaultyFiles(run.folder, { fault, at }),
    mayLeave: (call) => isLasting(fault) || call.startsWith("remove "),
  });
}

/** Lets every n-th request to a server fail; see {@linkcode injectFaults}. */
export async function injectNetworkFaults(
  run: ShortRun,
  { fault, ...every }: Every & { readonly fault: NetworkFault },
): Promise<Injected> {
  await using server = new FaultyServer(await Deno.readFile(run.slide("a")));
  return await injectFaults(run, {
    ...{ fault, ...every },
    arm: (at) => server.arm(fault, at),
    sources: [server.url, run.slide("b")],
    // Long enough for answers of a busy machine.
    timeout: fault.includes("stalls") ? 2 : 30,
  });
}

/** Lets every n-th block that a thread decodes fail, or start of a thread; see {@linkcode injectFaults}. */
export async function injectWorkerFaults(
  run: ShortRun,
  { fault, ...every }: Every & { readonly fault: WorkerFault },
): Promise<Injected> {
  using _soon = hangsAreSoonNoticed(true);
  return await injectFaults(run, {
    ...{ fault, ...every },
    arm: (at) => new FaultyWorkers(fault, at),
    sources: [await run.largeSlide()],
    downsample: 16,
  });
}

/**
 * Runs the batch once for every n-th call, which fails, until a run passes untouched: each slide is done, with the results of
 * an undisturbed run, or has failed with a sentence; no partial file has a result's name, nothing temporary is left, no file
 * stays open, and a run with `resume` ends in the bytes of an undisturbed one.
 */
async function injectFaults(
  run: ShortRun,
  { fault, arm, mayLeave = () => false, first = 0, every = 1, ...rest }:
    Injection,
): Promise<Injected> {
  const { resumed = false, most = Infinity, ...setting } = rest;

  const { slides, expected } = await run.undisturbed(setting);
  const killed = resumed ? await killedRun(run, setting) : undefined;
  const bad: BadEnd[] = [];
  let [calls, faults, recovered, failed] = [0, 0, 0, 0];
  for (let at = first; faults < most; at += every) {
    const out = run.out();
    if (killed) await copyFolder(killed, out);
    const faulty = arm(at);
    const entries = await run.infer(out, { ...setting, resume: resumed })
      .finally(() => faulty[Symbol.dispose]());
    const call = faulty.failed;
    const fail = (what: string) => bad.push({ fault, at, call, what });
    if (faulty.open) fail(`${faulty.open} files are open`);
    calls = Math.max(calls, faulty.calls);
    if (call === undefined) break;
    faults++;
    const errors = entries.flatMap(({ error }) => error ?? []);
    for (const error of errors) {
      if (!/^Cannot .+: .+/.test(error)) fail(error);
    }
    const found = await run.results(out);
    const left = Object.keys(found).filter(isTemporary);
    const leaves = mayLeave(call);
    // What was there before stays until it can be read.
    if (left.length > 0 && !leaves && !resumed) fail(`left ${left}`);
    const results = Object.keys(found).filter((name) =>
      !name.startsWith(".") && found[name] !== expected[name]
    );
    // The table of all slides has those that are done.
    const partial = results.filter((name) => name !== "objects.csv");
    if (partial.length > 0) fail(`partial ${partial}`);
    if (errors.length > 0) failed++;
    else if (entries.length < slides) fail("a slide is missing");
    else if (!isSame(found, expected, leaves)) fail("done, with other results");
    else recovered++;
    const again = await run.infer(out, { ...setting, resume: true });
    const after = await run.results(out);
    if (again.some(({ status }) => status === "failed")) {
      fail(`--resume: ${again.map(({ error }) => error)}`);
    } else if (!isSame(after, expected, leaves)) {
      fail(`--resume: other bytes, ${differences(after, expected)}`);
    }
    await Deno.remove(out, { recursive: true });
  }
  return { calls, faults, recovered, failed, bad };
}

/** A folder as a killed run leaves it: some tiles of the first slide are finished. */
async function killedRun(
  run: ShortRun,
  setting: ShortRunOptions,
): Promise<string> {
  const out = run.out();
  const stop = new AbortController();
  let tiles = 0;
  await run.infer(out, {
    ...setting,
    signal: stop.signal,
    onEvent({ kind }) {
      if (kind === "tile" && ++tiles === 5) stop.abort(new Error("enough"));
    },
  });
  const token = "0123abcd";
  const owner = { run: "one", pid: 7, token, since: "2026-01-02", beat: 3 };
  await Deno.writeTextFile(`${out}/.a.lock`, JSON.stringify(owner));
  await Deno.writeTextFile(`${out}/.a.mask.tif.${token}-1.part`, "II");
  const names = await Array.fromAsync(Deno.readDir(out), ({ name }) => name);
  if (names.includes(".a.journal")) return out;
  throw new Error(`no tile was recorded: ${names}`);
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

function isTemporary(name: string): boolean {
  return /\.(part|lock)$/.test(name);
}

type Results = Record<string, string>;

function isSame(found: Results, expected: Results, leaves: boolean): boolean {
  const names = differences(found, expected);
  return (leaves ? names.filter((name) => !name.startsWith(".")) : names)
    .length === 0;
}

function differences(found: Results, expected: Results): string[] {
  return [...new Set([...Object.keys(found), ...Object.keys(expected)])]
    .filter((name) => found[name] !== expected[name]);
}

/** Has waits of minutes end after seconds, if `on`. */
function hangsAreSoonNoticed(on: boolean): Disposable {
  const { setTimeout } = globalThis;
  if (on) {
    globalThis.setTimeout = ((work: () => void, delay?: number) =>
      setTimeout(
        work,
        delay && delay > 60_000 ? 4000 : delay,
      )) as typeof setTimeout;
  }
  return {
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
    },
  };
}
