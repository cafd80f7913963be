// Runs readers over made inputs in child processes, and keeps what breaks the bar.
import type { Job, Limits, Report } from "./protocol.ts";
import { LIMITS } from "./protocol.ts";
import { type Bytes, inputOf, loadMaterial, type Reader } from "./reader.ts";

/** Readers to fuzz, and how. */
export interface FuzzOptions {
  /** The module that exports them as `READERS`. */
  readonly module: URL;
  readonly readers: readonly string[];
  readonly seed: number;
  /** The first input. Default: 0. */
  readonly from?: number;
  /** Inputs of each reader. Default: until time is up. */
  readonly inputs?: number;
  /** Time for each reader. Default: until the last input. */
  readonly seconds?: number;
  /** Default: {@linkcode LIMITS}. */
  readonly limits?: Limits;
  /** How often to try to make an input smaller. Default: 16. */
  readonly tries?: number;
  /** A folder for what `deno coverage` reads. Default: none is recorded. */
  readonly coverage?: string;
}

/** An input that breaks the bar. */
export interface Finding {
  readonly reader: string;
  readonly index: number;
  readonly problem: string;
  /** The input, made smaller as far as it breaks the bar in the same way. */
  readonly input: Bytes;
}

/** What came of a reader. */
export interface Outcome {
  readonly reader: string;
  readonly inputs: number;
  /** Of them, those read without an error. */
  readonly accepted: number;
  readonly findings: readonly Finding[];
  /** The input after the last. */
  readonly next: number;
}

/** Findings of a reader after which it is left. */
const MOST = 8;

/** Fuzzes one reader after another, a child process each. */
export async function* fuzz(options: FuzzOptions): AsyncGenerator<Outcome> {
  for (const reader of options.readers) {
    yield await fuzzReader(reader, options);
  }
}

async function fuzzReader(
  name: string,
  options: FuzzOptions,
): Promise<Outcome> {
  const { module, seed, inputs = Infinity, limits = LIMITS } = options;
  const { from = 0, seconds = Infinity, tries = 16, coverage } = options;
  const known = new Map<string, Finding>();
  const base = { module: module.href, readers: [name], seed, limits };
  const end = performance.now() + seconds * 1000;
  let next = from, accepted = 0;
  while (
    next < from + inputs && performance.now() < end && known.size < MOST
  ) {
    const left = (end - performance.now()) / 1000;
    const reports = await runChild({
      ...base,
      from: next,
      ...(inputs < Infinity && { to: from + inputs }),
      ...(seconds < Infinity && { seconds: left }),
    }, coverage);
    const last = reports.at(-1)!;
    next = last.done === undefined ? last.index + 1 : last.index;
    accepted += last.accepted;
    for (const { index, problem } of reports) {
      if (problem === undefined || known.has(signature(problem))) continue;
      if (known.size === MOST) break;
      const finding = await confirm({ ...base, index }, tries);
      if (finding) known.set(signature(problem), finding);
    }
  }
  const findings = [...known.values()];
  return { reader: name, inputs: next - from, accepted, findings, next };
}

/** Problems that differ in numbers and in what they quote alone are one. */
function signature(problem: string): string {
  return problem.replace(/\\"[^"\\]*\\"/g, "").replace(/\d+/g, "0")
    .slice(0, 120);
}

/** Reads an input alone in a process of its own: other inputs, or a busy machine, may have been to blame. */
async function confirm(
  { index, ...base }: Omit<Job, "folder" | "from"> & { readonly index: number },
  tries: number,
): Promise<Finding | undefined> {
  const [name] = base.readers;
  const problemOf = async (input?: string) => {
    const job = { ...base, from: index, to: index + 1, input };
    return (await runChild(job)).find(({ problem }) => problem)?.problem;
  };
  const problem = await problemOf();
  if (problem === undefined) return undefined;
  const { READERS } = await import(base.module) as {
    READERS: readonly Reader[];
  };
  const folder = await Deno.makeTempDir({ prefix: "tilewise-fuzz-" });
  try {
    const material = await loadMaterial(
      READERS.find((reader) => reader.name === name)!,
      folder,
    );
    const whole = inputOf(material, { seed: base.seed, index });
    const path = `${folder}/input`;
    const input = await shrink(whole, tries, async (input) => {
      await Deno.writeFile(path, input);
      const now = await problemOf(path);
      return now !== undefined && signature(now) === signature(problem);
    });
    return { reader: name, index, problem, input };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Leaves out parts of an input as long as it breaks the bar: halves first, then smaller ones. */
async function shrink(
  input: Bytes,
  tries: number,
  breaks: (input: Bytes) => Promise<boolean>,
): Promise<Bytes> {
  for (let parts = 2; parts <= 16 && tries > 0; parts *= 2) {
    for (let i = parts - 1; i >= 0 && tries > 0; i--) {
      const size = Math.ceil(input.length / parts);
      const [head, tail] = [
        input.subarray(0, i * size),
        input.subarray((i + 1) * size),
      ];
      if (size === 0 || head.length + tail.length === input.length) continue;
      const smaller = new Uint8Array(head.length + tail.length);
      smaller.set(head);
      smaller.set(tail, head.length);
      tries--;
      if (await breaks(smaller)) input = smaller;
    }
  }
  return input;
}

/** Runs a child to its end. Its last report is that it is through, or what is wrong with the input that ended it. */
export async function runChild(
  job: Omit<Job, "folder">,
  coverage?: string,
): Promise<Report[]> {
  const folder = await Deno.makeTempDir({ prefix: "tilewise-fuzz-" });
  const child = new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read"],
      `--allow-write=${folder}`,
      ...(coverage ? [`--coverage=${coverage}`] : []),
      new URL("child.ts", import.meta.url).href,
      JSON.stringify({ ...job, folder }),
    ],
    ...{ stdin: "null", stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const errors = new Response(child.stderr).text();
  const reports: Report[] = [];
  let at = { reader: job.readers[0], index: job.from, accepted: 0 };
  let text = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (text + piece).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      const report = { ...at, ...JSON.parse(line) as Partial<Report> };
      const { reader, index, accepted } = report;
      at = { reader, index, accepted };
      if (report.problem !== undefined || report.done !== undefined) {
        reports.push(report);
      }
    }
  }
  const { code, signal } = await child.status;
  await Deno.remove(folder, { recursive: true });
  const isTold = code === 0 || reports.at(-1)?.problem !== undefined &&
      reports.at(-1)!.index === at.index;
  if (!isTold) {
    const lines = (await errors).trim().split("\n");
    const problem = `crash: the process ended with ${signal ?? code}: ${
      lines.find((line) => line.trim() !== "")
    }`;
    reports.push({ ...at, problem });
  }
  return reports;
}
