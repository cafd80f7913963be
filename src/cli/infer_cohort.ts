import { UsageError } from "../errors/cannot.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import { type DeviceOptions, deviceOptions } from "../options/model.ts";
import {
  custom,
  number,
  type OptionsOf,
  text,
  toggle,
} from "../options/option.ts";
import {
  type CohortProgress,
  inferCohort,
  type InferCohortOptions,
} from "../run/cohort/infer_cohort.ts";
import { OpenCohort } from "../run/cohort/cohort.ts";
import { inferOptions } from "../run/infer_options.ts";
import { threadsHere } from "../run/threads_here.ts";
import type { RunEvent } from "../run/run_context.ts";
import { allowFiles, allowModel, allowSources } from "./allow_files.ts";
import { RETRY } from "./interrupts.ts";
import { printError, printLine, printLines } from "./print.ts";
import { COHORT_EXIT_CODES, Printer, quietOption } from "./printer.ts";
import { slurmShard } from "./slurm_shard.ts";

interface CohortFlags extends DeviceOptions {
  readonly cohort: string;
  readonly cache?: string;
  readonly shard?: readonly [part: number, parts: number] | "slurm";
  readonly part: readonly string[];
  readonly claim: boolean;
  readonly patience: number;
  readonly retryFailed: boolean;
  readonly state?: string;
  readonly parts?: string;
  readonly timeout?: number;
  readonly threads?: number;
  readonly quiet: boolean;
}

const { shard } = inferOptions;

const options: OptionsOf<CohortFlags> = {
  cohort: text({
    value: "DIR",
    default: "",
    help: "folder of a cohort that tilewise plan has made",
  }),
  shard: custom({
    value: "I/N",
    help: "compute every Nth part from the Ith, as one of N tasks; slurm: as " +
      "the task's number in its array, if its numbers have no gaps",
    read: (text, flag) =>
      text === "slurm" ? "slurm" : shard.read([text], flag)!,
  }),
  part: {
    value: "ID",
    repeats: true,
    help: "compute part ID, a number from 1, or several: 1-3,7",
    read: (given) => given ?? [],
  },
  claim: toggle({
    help: "compute parts that no other process has claimed, until all are " +
      "done; for machines that share a folder and have no scheduler",
  }),
  patience: number({
    default: 120,
    above: 0,
    help: "with --claim: seconds after which a process whose counter stands " +
      "still is taken for dead",
  }),
  retryFailed: toggle({
    help: "with --claim: compute parts again that failed for good",
  }),
  state: text({
    value: "DIR",
    help: "folder of unfinished parts, which all machines share (default: " +
      "state in the cohort's folder)",
  }),
  parts: text({
    value: "DIR",
    help: "folder of finished parts (default: parts in the cohort's folder)",
  }),
  ...deviceOptions,
  cache: inferOptions.cache,
  timeout: inferOptions.timeout,
  threads: inferOptions.threads,
  ...quietOption,
};

const command: Command<CohortFlags> = {
  about: "Computes parts of a cohort. All settings are those of tilewise plan.",
  usage: [
    "tilewise infer --cohort DIR --shard I/N [options]",
    "tilewise infer --cohort DIR --part ID [options]",
    "tilewise infer --cohort DIR --claim [options]",
  ],
  options,
  headings: { state: "", device: "This machine" },
  end: COHORT_EXIT_CODES,
  rules: ({ cohort, shard, part, claim }) => [
    [cohort !== "", "No cohort given: add --cohort DIR"],
    [
      [shard !== undefined, part.length > 0, claim].filter(Boolean).length ===
        1,
      "Say which parts: one of --shard I/N, --part ID and --claim",
    ],
  ],
};

/**
 * The command `infer` with `--cohort`: computes parts of a cohort.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 */
export async function inferCohortCommand(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const read = readCommand(command, args);
  if (!read) {
    printLines(helpOf(command));
    return 0;
  }
  const { cohort: folder, state, parts, device, memory, timeout, quiet } = read;
  const { cache } = read;
  const written = [folder, state, parts].filter((path) => path !== undefined);
  const action = "compute parts of a cohort";
  await allowFiles(written, { action, write: true });
  const choose = chosenBy(read);
  const { cohort } = await OpenCohort.read(folder);
  if (cohort.model) {
    await allowModel({ model: cohort.model.source, cache });
  } else {
    await allowFiles(cohort.weights.map(({ path }) => path), {
      action: "read weights",
    });
  }
  await allowSources(cohort.slides.map(({ source }) => source));
  const progress = await inferCohort(folder, {
    ...{ choose, cache, state, parts, device, memory, timeout, signal },
    threads: read.threads ?? threadsHere(),
    command: ["infer", ...args],
    onEvent: printParts({ quiet, device }),
  });
  if (!quiet) printLine(describe(progress));
  if (progress.passing > 0) return RETRY;
  return progress.failed > 0 ? 1 : 0;
}

function chosenBy(
  { shard, part, claim, patience, retryFailed }: CohortFlags,
): InferCohortOptions["choose"] {
  if (claim) return { claim, patience: patience * 1000, retryFailed };
  if (part.length > 0) return { parts: part.flatMap(idsIn) };
  return { shard: shard === "slurm" ? slurmShard() : shard! };
}

/** Numbers as `--array=` has them: `1-3,7`. */
function idsIn(text: string): number[] {
  return text.split(",").flatMap((range) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range.trim()) ??
      [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from >= 1 && from <= to && to - from < 1e7)) {
      throw new UsageError(
        `--part must be a number from 1, or several as 1-3,7, received "${text}"`,
      );
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
}

function printParts(
  { quiet, device }: Pick<CohortFlags, "quiet" | "device">,
): (event: RunEvent) => Promise<void> {
  const printer = new Printer({ quiet, device });
  return async (event) => {
    await printer.print(event);
    if (event.kind !== "part") return;
    const { part, name, status, error } = event;
    if (error !== undefined) printError(`tilewise: part ${part}: ${error}`);
    else if (!quiet) printLine(`part ${part} (${name}): ${status}`);
  };
}

function describe(
  { done, complete, failed, passing }: CohortProgress,
): string {
  const also = [
    complete > 0 && `${complete} complete before`,
    failed > 0 && `${failed} failed`,
    passing > 0 && `${passing} failed that another try may do`,
  ].filter((text) => text);
  return [`${done} part${done === 1 ? "" : "s"} done`, ...also].join(", ");
}
