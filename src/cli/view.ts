import { openView } from "../view/open_view.ts";
import { serveView } from "../view/serve_view.ts";
import { allowFiles, allowSources } from "./allow_files.ts";
import {
  parseViewOptions,
  viewHelp,
  type ViewOptions,
} from "./view_options.ts";

/**
 * The command `view`: serves a page that shows a slide and its results, until it is interrupted.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense, and what opening the files throws.
 */
export async function view(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const options = parseViewOptions(args);
  if (!options) {
    console.log(viewHelp);
    return 0;
  }
  await allowSources(options.slides);
  const files = { ...await findResults(options), ...given(options) };
  await using shown = await openView(options.slides[0], {
    ...files,
    page: options.page,
    sampleRange: options.sampleRange,
    signal,
  });
  const { name } = shown.description;
  for (const text of shown.warnings ?? []) {
    console.error(`tilewise: ${name}: ${text}`);
  }
  await using server = serveView(() => shown, { port: options.port });
  console.log(`${name}: ${server.url} (Ctrl-C ends)`);
  if (!signal.aborted) {
    await new Promise((resolve) =>
      signal.addEventListener("abort", resolve, { once: true })
    );
  }
  return 0;
}

/** The files that are named. */
function given(
  { mask, probability, geojson }: ViewOptions,
): Partial<ViewOptions> {
  const entries = Object.entries({ mask, probability, geojson });
  return Object.fromEntries(entries.filter(([, path]) => path !== undefined));
}

/** The files that `infer` left in a folder for the slide. */
async function findResults(
  { slides: [slide], results }: ViewOptions,
): Promise<Partial<ViewOptions>> {
  if (results === undefined) return {};
  await allowFiles([results], { action: "look at results" });
  const name = slide.split(/[\\/]/).at(-1)!.replace(/(?<=.)\.[^.]*$/, "");
  const candidates = Object.entries({
    mask: `${results}/${name}.mask.tif`,
    probability: `${results}/${name}.probability.tif`,
    geojson: `${results}/${name}.geojson`,
  });
  const there = await Promise.all(
    candidates.map(([, path]) => Deno.stat(path).then(() => true, () => false)),
  );
  const found = candidates.filter((_, i) => there[i]);
  if (found.length === 0) {
    throw new Error(
      `Cannot find results of ${name} as the folder has none: received ${results}`,
    );
  }
  return Object.fromEntries(found);
}
