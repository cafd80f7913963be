import { cannot, explained, UsageError } from "../errors/cannot.ts";
import { type Command, helpOf, readCommand } from "../options/command.ts";
import { type OpeningOptions, openingOptions } from "../options/labels.ts";
import { number, type OptionsOf, text, toggle } from "../options/option.ts";
import { givenOptions } from "../options/parse_options.ts";
import { VIEWER_PORT } from "../report/viewer_link.ts";
import { folderOf } from "../run/find_results.ts";
import type { CorrectionSettings } from "../run/correct_slide.ts";
import { listSlides, type SlideEntry } from "../run/list_slides.ts";
import { SlideViews } from "../run/slide_views.ts";
import { isRemote } from "../slide/open_source.ts";
import { serveView, type ViewServer } from "../view/serve_view.ts";
import type { Views } from "../view/view.ts";
import { allowFiles, allowSources } from "./allow_files.ts";
import { printError, printLine, printLines } from "./print.ts";

interface ViewFiles {
  readonly results?: string;
  readonly mask?: string;
  readonly probability?: string;
  readonly geojson?: string;
}

interface ViewOptions
  extends ViewFiles, CorrectionSettings, Omit<OpeningOptions, "slideMpp"> {
  readonly edit: boolean;
  readonly labelImages: boolean;
  readonly port: number;
}

const { slideMpp: _, ...opening } = openingOptions;
const files: OptionsOf<ViewFiles> = {
  results: text({
    value: "DIR",
    help: "output folder of infer, with NAME.mask.tif, NAME.probability.tif " +
      "and NAME.geojson of each slide; also in subfolders, as --keep-folders " +
      "writes them",
  }),
  mask: text({
    value: "FILE",
    help: "of one slide: a mask, like NAME.mask.tif",
  }),
  probability: text({
    value: "FILE",
    help: "of one slide: a probability map, like NAME.probability.tif",
  }),
  geojson: text({
    value: "FILE",
    help: "of one slide: objects, like NAME.geojson, or exported from QuPath",
  }),
};

const command: Command<ViewOptions> = {
  about: "Shows slides and their results in the browser.",
  usage: ["tilewise view SLIDE... [options]"],
  slides: [
    "SLIDE...",
    "any slides that infer reads: paths, https URLs, folders, quoted patterns " +
    "such as 'slides/**/*.svs', CSVs; each is opened when it is looked at",
  ],
  options: {
    ...files,
    edit: toggle({
      help: "let the page correct objects: each change is saved at once in " +
        "NAME.corrected.geojson, which QuPath opens, and which is shown from " +
        "then on; other files stay as they are",
    }),
    by: text({
      value: "NAME",
      help: "with --edit: who corrects, recorded with each decision",
    }),
    corrected: text({
      value: "DIR",
      help: "the folder of NAME.corrected.geojson (default: that of " +
        "--results, else that of the slide)",
    }),
    ...opening,
    labelImages: toggle({
      help: "show label, macro and other pictures beside the slide, too; " +
        "they are hidden otherwise, as they may show a patient's name",
    }),
    port: number({
      default: VIEWER_PORT,
      least: 0,
      most: 65535,
      whole: true,
      help: `port of the page; 0 is any free one (default: ${VIEWER_PORT}, ` +
        "where links in reports lead, or any free one if it is taken)",
    }),
  },
  headings: { results: "" },
  end:
    `The page is served to this machine only (127.0.0.1), and serves only these
files. Ctrl-C ends it.`,
};

/**
 * The command `view`: serves a page that shows slides and their results, until it is interrupted.
 *
 * @returns the exit code.
 * @throws {UsageError} If the command line is invalid.
 * @throws {Error} If the only slide cannot be opened, or none has results in the folder.
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
  const { results, mask, probability, geojson } = options;
  const { page, sampleRange, labelImages } = options;
  const entries = await listSlides(options.slides);
  if (entries.length !== 1) refuseFiles({ mask, probability, geojson });
  await allowSources(entries.map(({ source }) => source));
  if (results) await allowFiles([results], { action: "read results" });
  const { edit, by, corrected } = options;
  await allowCorrections(options, entries);
  await using views = new SlideViews(entries, {
    results,
    view: { mask, probability, geojson, page, sampleRange, labelImages },
    edit,
    corrections: { by, corrected },
    onWarning: (text, name) => printError(`tilewise: ${name}: ${text}`),
  });
  await checkViews(views, { entries, results, signal });
  await using server = serve(views, {
    port: options.port,
    isGiven: givenOptions(args).has("port"),
  });
  const [{ name }] = views.slides;
  const shown = entries.length === 1 ? name : `${entries.length} slides`;
  printLine(`${shown}: ${server.url} (Ctrl-C ends)`);
  if (!signal.aborted) {
    await new Promise((resolve) =>
      signal.addEventListener("abort", resolve, { once: true })
    );
  }
  return 0;
}

/**
 * Asks for permission to write corrections, and to read them in a folder of their own.
 *
 * @throws {UsageError} If somebody is to be recorded, and nothing.
 * @throws {Error} If permission is denied.
 */
async function allowCorrections(
  { edit, by, corrected, results }: ViewOptions,
  entries: readonly SlideEntry[],
): Promise<void> {
  if (by !== undefined && !edit) {
    throw new UsageError("--by NAME records who corrects: use --edit with it");
  }
  if (!edit && corrected === undefined) return;
  const local = entries.filter(({ source }) => !isRemote(source))
    .map(({ source }) => folderOf(source));
  const given = corrected ?? results;
  const folders = given === undefined ? [...new Set(local)] : [given];
  await allowFiles(folders, {
    action: edit ? "save corrections" : "read corrections",
    write: edit,
  });
}

/** @throws {UsageError} If files of one slide are given for several. */
function refuseFiles(given: Omit<ViewFiles, "results">): void {
  const [flag] = Object.entries(given).find(([, file]) => file) ?? [];
  if (flag === undefined) return;
  throw new UsageError(
    `--${flag} is a file of one slide, and there are several: use --results DIR`,
  );
}

/**
 * Opens the slide, if it is one, so that errors are reported at once; several are opened when they are looked at.
 *
 * @throws {Error} If it cannot be opened, or none has results where they should be.
 */
async function checkViews(
  views: SlideViews,
  { entries, results, signal }: {
    readonly results?: string;
    readonly entries: readonly SlideEntry[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const failed = entries.filter(({ error }) => error !== undefined);
  if (failed.length === entries.length) throw failed[0].error;
  for (const { error } of failed) {
    printError(`tilewise: ${explained(error, "list slides").message}`);
  }
  if (entries.length === 1) (await views.open(0, { signal }))[Symbol.dispose]();
  if (!results || await views.haveResults()) return;
  const what = entries.length === 1
    ? `"${views.slides[0].name}"`
    : `the ${entries.length} slides`;
  throw cannot(
    `find results of ${what}`,
    `there are none in "${results}"; give the output folder of infer`,
  );
}

/** Serves them; at the usual port, if it is free. */
function serve(
  views: Views,
  { port, isGiven }: { readonly port: number; readonly isGiven: boolean },
): ViewServer {
  try {
    return serveView(views, { port });
  } catch (error) {
    const isTaken = (error as Error).cause instanceof Deno.errors.AddrInUse;
    if (isGiven || !isTaken) throw error;
    printError(
      `tilewise: port ${port} is taken, perhaps by another "tilewise view", so links in reports do not lead here`,
    );
    return serveView(views);
  }
}
