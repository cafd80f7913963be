import { type OpeningOptions, openingOptions } from "../options/opening.ts";
import { text, toggle } from "../options/option.ts";
import { type Command, helpOf, readCommand } from "./command.ts";

/** The command line of `inspect`, taken apart. */
export interface InspectOptions extends Omit<OpeningOptions, "slideMpp"> {
  readonly slides: readonly string[];
  readonly json: boolean;
  readonly associated?: string;
}

const { slideMpp: _, ...opening } = openingOptions;

const command: Command<Omit<InspectOptions, "slides">> = {
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

/** What `inspect --help` prints. */
export const inspectHelp = helpOf(command);

/**
 * Reads the arguments of `inspect`; `undefined` where help is asked for.
 *
 * @throws {UsageError} If they make no sense.
 */
export function parseInspectOptions(
  args: readonly string[],
): InspectOptions | undefined {
  return readCommand(command, args);
}
