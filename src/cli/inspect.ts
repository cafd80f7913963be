import { type Command, helpOf, readCommand } from "../options/command.ts";
import { type OpeningOptions, openingOptions } from "../options/labels.ts";
import { text, toggle } from "../options/option.ts";
import { describeInspection, writeAssociated } from "../run/inspect.ts";
import { listSlides } from "../run/list_slides.ts";
import { makeFolder } from "../run/output_folder.ts";
import { oneLine, shownSource } from "../run/run_context.ts";
import { inspectSlide, type SlideInspection } from "../slide/inspect_slide.ts";
import { allowFiles, allowSources } from "./allow_files.ts";

interface InspectOptions extends Omit<OpeningOptions, "slideMpp"> {
  readonly json: boolean;
  readonly associated?: string;
}

const { slideMpp: _, ...opening } = openingOptions;

const command: Command<InspectOptions> = {
  about:
    `Says what slides' files hold and what is made of them: format, levels, scale and
which tag said so, pictures beside the slide, what is left out and why.`,
  usage: ["tilewise inspect SLIDE... [options]"],
  slides: ["SLIDE", "as for infer: files, URLs, folders, patterns, CSVs"],
  noSlides: "No slides are given",
  options: {
    json: toggle({ help: "print JSON: a list, one object per slide" }),
    associated: text({
      value: "DIR",
      help: "write the pictures beside the slides (label, macro, thumbnail) " +
        "as DIR/NAME.label.png and so on",
    }),
    ...opening,
  },
  headings: { json: "" },
  end:
    `Ends with 0 when all slides can be read, 1 when any cannot, 2 when the command
line makes no sense.`,
};

/**
 * The command `inspect`: says what slides' files hold, and what is made of them.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense.
 */
export async function inspect(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = readCommand(command, args);
  if (!options) {
    console.log(helpOf(command));
    return 0;
  }
  const { json, associated, page, sampleRange } = options;
  const slides = await listSlides(options.slides);
  await allowSources(slides.map(({ source }) => source));
  if (associated) {
    await allowFiles([associated], { action: "write pictures", write: true });
  }
  await using _folder = associated
    ? await makeFolder(associated, "the pictures")
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
      if (!json) console.log(describeInspection(shown, inspection) + "\n");
      if (associated) {
        await writeAssociated(source, inspection, { out: associated, signal });
      }
    } catch (error) {
      signal.throwIfAborted();
      failed++;
      console.error(`tilewise: ${oneLine(error)}`);
    }
  }
  if (json) console.log(JSON.stringify(found, null, 2));
  return failed > 0 ? 1 : 0;
}
