import { type OpeningOptions, openingOptions } from "../options/opening.ts";
import { number, type OptionsOf, text } from "../options/option.ts";
import { type Command, helpOf, readCommand } from "./command.ts";

/** The files that `view` shows over a slide. */
interface ViewFiles {
  readonly results?: string;
  readonly mask?: string;
  readonly probability?: string;
  readonly geojson?: string;
}

/** The command line of `view`, taken apart. */
export interface ViewOptions
  extends ViewFiles, Omit<OpeningOptions, "slideMpp"> {
  readonly slides: readonly string[];
  readonly port: number;
}

const { slideMpp: _, ...opening } = openingOptions;
const files: OptionsOf<ViewFiles> = {
  results: text({
    value: "DIR",
    help: "takes NAME.mask.tif, NAME.probability.tif and NAME.geojson from " +
      "where infer wrote them",
  }),
  mask: text({ value: "FILE", help: "a mask, as NAME.mask.tif" }),
  probability: text({
    value: "FILE",
    help: "a probability map, as NAME.probability.tif",
  }),
  geojson: text({
    value: "FILE",
    help: "objects, as NAME.geojson, or exported from QuPath",
  }),
};

const command: Command<Omit<ViewOptions, "slides">> = {
  about: "Shows a slide in the browser, with what a model found over it.",
  usage: ["tilewise view SLIDE [options]"],
  slides: ["SLIDE", "any slide that infer reads"],
  most: 1,
  options: {
    ...files,
    ...opening,
    port: number({
      default: 0,
      least: 0,
      most: 65535,
      whole: true,
      help: "where the page is served (default: any free port)",
    }),
  },
  headings: { results: "" },
  end:
    `The page is for this machine alone (127.0.0.1), and serves nothing but these
files. Ctrl-C ends it.`,
};

/** What `view --help` prints. */
export const viewHelp = helpOf(command);

/**
 * Reads the arguments of `view`; `undefined` where help is asked for.
 *
 * @throws {UsageError} If they make no sense.
 */
export function parseViewOptions(
  args: readonly string[],
): ViewOptions | undefined {
  return readCommand(command, args);
}
