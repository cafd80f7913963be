import { type Command, helpOf, readCommand } from "../options/command.ts";
import { type OptionsOf, text, toggle } from "../options/option.ts";
import { formatDuration } from "../report/markup.ts";
import {
  type CohortStatus,
  cohortStatus,
} from "../run/cohort/cohort_status.ts";
import { allowFiles } from "./allow_files.ts";
import { cohortOf, describeMissing, shardsOption } from "./merge.ts";
import { printError, printJson, printLine, printLines } from "./print.ts";

interface StatusFlags {
  readonly json: boolean;
  readonly state?: string;
  readonly shards?: number;
}

const options: OptionsOf<StatusFlags> = {
  json: toggle({ help: "print JSON" }),
  shards: shardsOption(),
  state: text({
    value: "DIR",
    help: "folder of unfinished parts (default: state in the cohort's folder)",
  }),
};

const command: Command<StatusFlags> = {
  about: "Says how far a cohort is.",
  usage: ["tilewise status COHORT [options]"],
  slides: ["COHORT", "folder of the cohort"],
  most: 1,
  options,
  headings: { json: "" },
  end: `Exit code: 0 if all parts are done, 1 if not, 2 if the command line is
invalid.`,
};

/**
 * The command `status`: says how far a cohort is.
 *
 * @returns the exit code: 0 if all parts are done.
 * @throws {UsageError} If the command line is invalid.
 */
export async function status(
  args: readonly string[],
): Promise<number> {
  const read = readCommand(command, args);
  if (!read) {
    printLines(helpOf(command));
    return 0;
  }
  const folder = cohortOf(read.slides);
  const { state, shards, json } = read;
  await allowFiles([folder], { action: "read a cohort" });
  const found = await cohortStatus(folder, { state });
  if (json) printJson(found);
  else print(found, shards);
  return found.missing.length === 0 ? 0 : 1;
}

function print(
  { slides, parts, tiles, secondsPerTile, secondsLeft, missing, failures }:
    CohortStatus,
  shards: number | undefined,
): void {
  printLine(`slides  ${slides.done} of ${slides.all} done`);
  printLine(
    `parts   ${parts.done} of ${parts.all} done, ${parts.begun} running or killed, ${parts.failed} failed, ${parts.left} left`,
  );
  const pace = secondsPerTile === undefined
    ? ""
    : `, ${formatDuration(secondsPerTile * 1000)} a tile and process`;
  printLine(`tiles   ${tiles.done} of ${tiles.all} done${pace}`);
  if (secondsLeft !== undefined) {
    printLine(`left    ${formatDuration(secondsLeft * 1000)} at this rate`);
  }
  for (const { part, error } of failures) {
    printError(`tilewise: part ${part}: ${error}`);
  }
  if (missing.length === 0) return;
  printLine(describeMissing(missing, { parts: parts.all, shards }));
}
