import { type GivenOpening, OptionValues } from "./option_values.ts";
import { parseOptions } from "./parse_options.ts";
import { openingHelp } from "./scale_help.ts";
import { UsageError } from "./usage_error.ts";

/** What `inspect --help` prints. */
export const inspectHelp =
  `Says what slides' files hold and what is made of them: format, levels, scale and
which tag said so, pictures beside the slide, what is left out and why.

Usage: tilewise inspect SLIDE... [options]

  SLIDE                 as for infer: files, URLs, folders, patterns, CSVs

  --json                print JSON: a list, one object per slide
  --associated DIR      write the pictures beside the slides (label, macro,
                        thumbnail) as DIR/NAME.label.png and so on
${openingHelp}
  --help                print this

Ends with 0 when all slides can be read, 1 when any cannot, 2 when the command
line makes no sense.`;

/** The command line of `inspect`, taken apart. */
export interface InspectOptions extends GivenOpening {
  readonly slides: readonly string[];
  readonly json: boolean;
  readonly associated?: string;
}

/**
 * Reads the arguments of `inspect`; `undefined` where help is asked for.
 *
 * @throws {UsageError} where they make no sense.
 */
export function parseInspectOptions(
  args: readonly string[],
): InspectOptions | undefined {
  const parsed = parseOptions(args, {
    boolean: ["json", "help"],
    string: ["_", "associated", "page", "sample-range"],
    alias: { help: "h" },
  });
  if (parsed.help) return undefined;
  const values = new OptionValues(parsed);
  const slides = parsed._.map(String);
  if (slides.length === 0) throw new UsageError("No slides are given");
  return {
    slides,
    json: parsed.json,
    associated: values.text("associated"),
    ...values.opening(),
  };
}
