import { type Command, helpOf, readCommand } from "../options/command.ts";
import { type OpeningOptions, openingOptions } from "../options/labels.ts";
import { number, type OptionsOf, text } from "../options/option.ts";
import { findLayers } from "../run/find_results.ts";
import { openView, type OpenViewOptions } from "../view/open_view.ts";
import { serveView } from "../view/serve_view.ts";
import { oneView } from "../view/view.ts";
import { allowFiles, allowSources } from "./allow_files.ts";
import { printError, printLine, printLines } from "./print.ts";

interface ViewFiles {
  readonly results?: string;
  readonly mask?: string;
  readonly probability?: string;
  readonly geojson?: string;
}

interface ViewOptions extends ViewFiles, Omit<OpeningOptions, "slideMpp"> {
  readonly port: number;
}

const { slideMpp: _, ...opening } = openingOptions;
const files: OptionsOf<ViewFiles> = {
  results: text({
    value: "DIR",
    help: "output folder of infer, with NAME.mask.tif, NAME.probability.tif " +
      "and NAME.geojson",
  }),
  mask: text({ value: "FILE", help: "a mask, like NAME.mask.tif" }),
  probability: text({
    value: "FILE",
    help: "a probability map, like NAME.probability.tif",
  }),
  geojson: text({
    value: "FILE",
    help: "objects, like NAME.geojson, or exported from QuPath",
  }),
};

const command: Command<ViewOptions> = {
  about: "Shows a slide and its results in the browser.",
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
      help: "port of the page (default: any free port)",
    }),
  },
  headings: { results: "" },
  end:
    `The page is served to this machine only (127.0.0.1), and serves only these
files. Ctrl-C ends it.`,
};

/**
 * The command `view`: serves a page that shows a slide and its results, until it is interrupted.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 * @throws {Error} If a file cannot be opened.
 */
export async function view(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = readCommand(command, args);
  if (!options) {
    printLines(helpOf(command));
    return 0;
  }
  const { slides, results, port, page, sampleRange } = options;
  await allowSources(slides);
  if (results) await allowFiles([results], { action: "read results" });
  const [slide] = slides;
  const found: OpenViewOptions = results
    ? await findLayers(results, slide)
    : {};
  const {
    mask = found.mask,
    probability = found.probability,
    geojson = found.geojson,
  } = options;
  await using shown = await openView(slide, {
    ...{ mask, probability, geojson },
    ...{ page, sampleRange, signal },
  });
  const { name } = shown.description;
  for (const text of shown.warnings ?? []) {
    printError(`tilewise: ${name}: ${text}`);
  }
  await using server = serveView(oneView(() => shown), { port });
  printLine(`${name}: ${server.url} (Ctrl-C ends)`);
  if (!signal.aborted) {
    await new Promise((resolve) =>
      signal.addEventListener("abort", resolve, { once: true })
    );
  }
  return 0;
}
