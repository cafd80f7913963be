// Reads inputs one after another on a thread of its own, so that the main thread can watch time and memory.
import { setImmediate } from "node:timers";
import { judge } from "./judge.ts";
import type { Job, Report } from "./protocol.ts";
import { type Bytes, inputOf, loadMaterial, type Reader } from "./reader.ts";

/** The global scope of a worker, as far as it is used: Deno's types are those of the main thread. */
interface WorkerScope {
  onmessage: (
    event: MessageEvent<{ job: Job; buffer: SharedArrayBuffer }>,
  ) => void;
  postMessage(message: string): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

let pending: unknown;
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  pending = `left a rejection alone: ${event.reason}`;
});

let printed: string | undefined;
for (const name of ["log", "warn", "error", "info", "debug"] as const) {
  console[name] = (...values) => printed = `printed ${values.join(" ")}`;
}

/** Reads an input; what is wrong with how it was read, if anything. */
async function tryInput(
  { read, file }: Reader,
  { input, folder }: { readonly input: Bytes; readonly folder: string },
): Promise<{ problem?: string; accepted: boolean }> {
  const path = `${folder}/${file}`;
  if (file) await Deno.writeFile(path, input);
  pending = printed = undefined;
  let accepted = true;
  let problem: string | undefined;
  try {
    await read(input, path);
  } catch (error) {
    accepted = false;
    problem = judge(error);
  }
  await new Promise((resolve) => setImmediate(resolve)); // for rejections left alone
  const others = [...Deno.readDirSync(folder)]
    .filter(({ name }) => name !== file);
  if (others.length > 0) problem ??= `wrote ${others[0].name}`;
  problem ??= printed ?? (pending as string | undefined);
  return { problem, accepted };
}

/** Reads the inputs of a job. `board` says since when the current one is read, 0 before the first. */
async function work(job: Job, board: Float64Array): Promise<void> {
  const { READERS } = await import(job.module) as {
    READERS: readonly Reader[];
  };
  for (const name of job.readers) {
    const reader = READERS.find((reader) => reader.name === name)!;
    const { folder, from, to = Infinity, seconds = Infinity } = job;
    const material = await loadMaterial(reader, folder);
    const end = performance.now() + seconds * 1000;
    let accepted = 0;
    let index = from;
    for (; index < to && performance.now() < end; index++) {
      const input = job.input
        ? await Deno.readFile(job.input)
        : inputOf(material, { seed: job.seed, index });
      tell({ reader: name, index, accepted });
      board[0] = Math.max(Date.now(), board[0] + 1);
      const result = await tryInput(reader, { input, folder });
      const { problem } = result;
      if (result.accepted) accepted++;
      if (problem !== undefined) {
        tell({ reader: name, index, accepted, problem });
      }
    }
    if (reader.file) {
      await Deno.remove(`${folder}/${reader.file}`).catch(() => {});
    }
    tell({ reader: name, index, done: index - from, accepted });
  }
}

const encoder = new TextEncoder();

/** Says it at once: should the process be killed, the last line is what killed it. */
function tell(report: Report): void {
  Deno.stdout.writeSync(encoder.encode(JSON.stringify(report) + "\n"));
}

scope.onmessage = ({ data: { job, buffer } }) =>
  void work(job, new Float64Array(buffer))
    .then(() => "", (error) => `the harness failed: ${error.stack}`)
    .then((problem) => scope.postMessage(problem))
    .then(() => scope.close());
