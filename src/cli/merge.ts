import { type Command, helpOf, readCommand } from "../options/command.ts";
import { number, type OptionsOf, text, toggle } from "../options/option.ts";
import { formatIds, shardsOf } from "../run/cohort/format_ids.ts";
import { mergeCohort } from "../run/cohort/merge_cohort.ts";
import { OpenCohort } from "../run/cohort/cohort.ts";
import { evaluateSlides } from "../run/evaluate_slides.ts";
import type { RunEvent } from "../run/run_context.ts";
import { allowFiles, allowSources } from "./allow_files.ts";
import { printError, printLine, printLines } from "./print.ts";
import { COHORT_EXIT_CODES, Printer, quietOption } from "./printer.ts";
import { UsageError } from "../errors/cannot.ts";
import { join } from "node:path";

interface MergeFlags {
  readonly out?: string;
  readonly parts?: string;
  readonly labels?: string;
  readonly shards?: number;
  readonly wait: number;
  readonly sameAdapter: boolean;
  readonly quiet: boolean;
}

const options: OptionsOf<MergeFlags> = {
  out: text({
    value: "DIR",
    help: "folder of the results (default: results in the cohort's folder)",
  }),
  parts: text({
    value: "DIR",
    help: "folder of finished parts (default: parts in the cohort's folder)",
  }),
  labels: text({
    value: "FILE",
    help: "compare the results with labels, as tilewise evaluate does, once " +
      "all parts are there",
  }),
  shards: shardsOption(),
  wait: number({
    default: 0,
    least: 0,
    help: "seconds to wait for parts that a network file system shows late",
  }),
  sameAdapter: toggle({
    help: "refuse parts of different adapters or drivers, which round " +
      "differently (default: a warning)",
  }),
  ...quietOption,
};

/** The option of commands that name what is missing. */
export function shardsOption() {
  return number({
    least: 1,
    whole: true,
    help: "name missing shards of N instead of missing parts: the N of " +
      "--shard I/N",
  });
}

const command: Command<MergeFlags> = {
  about:
    `Joins the parts of a cohort to results, the same to the byte as those of one
run with --reproducible. Needs no GPU, no slides and no weights.`,
  usage: ["tilewise merge COHORT [options]"],
  slides: ["COHORT", "folder of the cohort"],
  most: 1,
  options,
  headings: { out: "" },
  end: COHORT_EXIT_CODES,
};

/**
 * The command `merge`: joins the parts of a cohort to results.
 *
 * @returns the exit code: 1 if parts are missing or slides have failed.
 * @throws {UsageError} If the command line is invalid.
 */
export async function merge(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const read = readCommand(command, args);
  if (!read) {
    printLines(helpOf(command));
    return 0;
  }
  const folder = cohortOf(read.slides);
  const { labels, shards, wait, sameAdapter, quiet } = read;
  const out = read.out ?? join(folder, "results");
  const action = "merge a cohort";
  await allowFiles([folder, out], { action, write: true });
  const printer = new Printer({ quiet });
  const onEvent = async (event: RunEvent) => {
    await printer.print(event);
    if (event.kind === "entry" && event.entry.error !== undefined) {
      printError(`tilewise: ${event.entry.place}: ${event.entry.error}`);
    }
  };
  const { entries, missing, parts } = await mergeCohort(folder, {
    ...{ out, parts: read.parts, wait: wait * 1000, sameAdapter },
    ...{ signal, onEvent },
    command: ["merge", ...args],
  });
  const failed = entries.filter(({ status }) => status === "failed");
  if (missing.length > 0) {
    printError(describeMissing(missing, { parts, shards }));
  }
  if (!quiet) {
    printLine(`${entries.length - failed.length} slides: ${out}`);
  }
  if (missing.length > 0 || failed.length > 0) return 1;
  if (labels === undefined) return 0;
  const { cohort } = await OpenCohort.read(folder);
  const sources = cohort.slides.map(({ source }) => source);
  await allowSources(sources);
  const evaluation = await evaluateSlides(sources, {
    ...{ labels: [labels], predicted: out, out, overwrite: true, signal },
    command: ["merge", ...args],
    onEvent: (event) => {
      if (event.kind === "failed") printError(`tilewise: ${event.error}`);
    },
  });
  return evaluation?.failed === 0 ? 0 : 1;
}

/** The folder of a cohort among the arguments. */
export function cohortOf(args: readonly string[]): string {
  if (args.length === 1) return args[0];
  throw new UsageError("No cohort given");
}

/** Names what is missing, so that just that can be submitted again. */
export function describeMissing(
  missing: readonly number[],
  { parts, shards }: { readonly parts: number; readonly shards?: number },
): string {
  const again = shards === undefined
    ? `--array=${formatIds(missing)} with infer --part $SLURM_ARRAY_TASK_ID`
    : `--array=${
      formatIds(shardsOf(missing, shards))
    } with infer --shard $SLURM_ARRAY_TASK_ID/${shards}`;
  return `tilewise: ${missing.length} of ${parts} parts are missing; compute them with ${again}`;
}
