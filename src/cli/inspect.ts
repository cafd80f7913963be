import { describeLimits } from "../io/limits.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import { type OpeningOptions, openingOptions } from "../options/labels.ts";
import { text, toggle } from "../options/option.ts";
import {
  describeInspection,
  LONGEST_ENDING,
  writeAssociated,
} from "../run/inspect.ts";
import { listSlides } from "../run/list_slides.ts";
import {
  makeFolder,
  refuseNames,
  refuseNamesakes,
} from "../run/output_folder.ts";
import { oneLine, shownSource } from "../run/run_context.ts";
import { inspectSlide } from "../slide/inspect_slide.ts";
import type { SlideInspection } from "../slide/slide_inspection.ts";
import { allowFiles, allowSources } from "./allow_files.ts";
import { printError, printJson, printLines } from "./print.ts";

interface InspectOptions extends Omit<OpeningOptions, "slideMpp"> {
  readonly json: boolean;
  readonly associated?: string;
  readonly limits: boolean;
}

const { slideMpp: _, ...opening } = openingOptions;

const command: Command<InspectOptions> = {
  about:
    `Reports what slide files hold and how they are read: format, levels, scale and
the tag it comes from, label and macro images, properties in the vendor's words
(which may identify a patient), and ignored pages.`,
  usage: [
    "tilewise inspect SLIDE... [options]",
    "tilewise inspect --limits",
  ],
  slides: ["SLIDE", "as for infer: files, URLs, folders, patterns, CSVs"],
  options: {
    json: toggle({ help: "print JSON: an array with an object per slide" }),
    associated: text({
      value: "DIR",
      help: "write the associated images (label, macro, thumbnail) to " +
        "DIR/NAME.label.png and so on",
    }),
    limits: toggle({
      help: "print the limits on what files may hold, with reasons, and stop",
    }),
    ...opening,
  },
  headings: { json: "" },
  end:
    `Exit code: 0 if all slides can be read, 1 if any cannot, 2 if the command line
is invalid.`,
};

/**
 * The command `inspect`: reports what slide files hold and how they are read.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 */
export async function inspect(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  if (args.includes("--limits")) {
    printLines(describeLimits());
    return 0;
  }
  const options = readCommand(command, args);
  if (!options) {
    printLines(helpOf(command));
    return 0;
  }
  const { json, associated, page, sampleRange } = options;
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  if (associated) {
    const named = slides.filter(({ error }) => error === undefined);
    refuseNamesakes(named);
    refuseNames(named, { more: LONGEST_ENDING });
    await allowFiles([associated], { action: "write images", write: true });
  }
  await using _folder = associated
    ? await makeFolder(associated, "images")
    : undefined;
  const found: (SlideInspection & { readonly source: string })[] = [];
  let failed = 0;
  for (const { source, error } of slides) {
    try {
      if (error !== undefined) throw error;
      const inspection = await inspectSlide(source, {
        page,
        sampleRange,
        signal,
      });
      if (inspection.problem !== undefined) failed++;
      const shown = shownSource(source);
      found.push({ source: shown, ...inspection });
      if (!json) printLines(describeInspection(shown, inspection) + "\n");
      if (associated) {
        await writeAssociated(source, inspection, {
          out: associated,
          sampleRange,
          signal,
        });
      }
    } catch (error) {
      signal.throwIfAborted();
      failed++;
      printError(`tilewise: ${oneLine(error)}`);
    }
  }
  if (json) printJson(found);
  return failed > 0 ? 1 : 0;
}
