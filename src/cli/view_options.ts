import { OptionValues } from "./option_values.ts";
import { parseOptions } from "./parse_options.ts";
import { UsageError } from "./usage_error.ts";

/** What `view --help` prints. */
export const viewHelp =
  `Shows a slide in the browser, with what a model found over it.

Usage: tilewise view SLIDE [options]

  SLIDE                 any slide that infer reads

  --results DIR         takes NAME.mask.tif, NAME.probability.tif and
                        NAME.geojson from where infer wrote them
  --mask FILE           a mask, as NAME.mask.tif
  --probability FILE    a probability map, as NAME.probability.tif
  --geojson FILE        objects, as NAME.geojson, or exported from QuPath
  --port N              where the page is served (default: any free port)
  --help                print this

The page is for this machine alone (127.0.0.1), and serves nothing but these
files. Ctrl-C ends it.`;

/** The command line of `view`, taken apart. */
export interface ViewOptions {
  readonly slide: string;
  readonly results?: string;
  readonly mask?: string;
  readonly probability?: string;
  readonly geojson?: string;
  readonly port: number;
}

/**
 * Reads the arguments of `view`; `undefined` where help is asked for.
 *
 * @throws {UsageError} where they make no sense.
 */
export function parseViewOptions(
  args: readonly string[],
): ViewOptions | undefined {
  const files = ["results", "mask", "probability", "geojson"] as const;
  const parsed = parseOptions(args, {
    boolean: ["help"],
    string: ["_", "port", ...files],
    alias: { help: "h" },
  });
  if (parsed.help) return undefined;
  const [slide, ...more] = parsed._.map(String);
  if (slide === undefined) throw new UsageError("No slide is given");
  if (more.length > 0) {
    throw new UsageError(`One slide is shown at a time: received "${more[0]}"`);
  }
  const port = new OptionValues(parsed).number("port", {
    usual: 0,
    least: 0,
    most: 65535,
    whole: true,
  });
  const { results, mask, probability, geojson } = parsed;
  return { slide, results, mask, probability, geojson, port };
}
