import { dirname, join, posix, relative, resolve } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { TEMPORARY_BYTES } from "../io/atomic_file.ts";
import { MAX_SUMMARY_BYTES } from "../io/limits.ts";
import { MOST_CLASSES } from "../io/classes.ts";
import { isAbsent, isMissing } from "../io/is_absent.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { readEntryOf } from "../report/report_entry.ts";
import { isRemote } from "../slide/open_source.ts";
import type { OpenViewOptions } from "../view/open_view.ts";
import type { InferOptions } from "./infer_options.ts";
import { isLevelFolder } from "./level_folder.ts";
import { type SlideEntry, slideName } from "./list_slides.ts";
import { refuseNames, refuseNamesakes } from "./output_folder.ts";
import { suffixesOf } from "./result_formats.ts";

/** A slide of a batch, and the place of its results. */
export type PlannedSlide = SlideEntry & {
  /** The slide's name, and that of its results. */
  readonly name: string;
  /** The folder of its results. */
  readonly out: string;
  /** The place of its results in the output folder, without a suffix: `NAME` or `FOLDER/NAME`. */
  readonly place: string;
};

/**
 * Plans the place of each slide's results, before anything is computed: all in one folder, or with `--keep-folders` in
 * subfolders like those of the slides, from their innermost common folder.
 *
 * @throws {Error} If the results of two slides would have the same name, or the page of a slide that of the batch, or no file
 * can have a name.
 */
export function planResults(
  slides: readonly SlideEntry[],
  { out, keepFolders, ...options }:
    & Pick<InferOptions, "out" | "keepFolders" | "formats">
    & Partial<Pick<InferOptions, "classes">>,
): PlannedSlide[] {
  const folders = keepFolders ? foldersOf(slides) : [];
  const planned = slides.map((slide, i) => {
    const name = slideName(slide.source);
    const folder = folders[i] ?? "";
    const place = posix.join(folder, name);
    return { ...slide, name, place, out: join(out, folder) };
  });
  const named = planned.filter(({ error }) => error === undefined);
  refuseNames(named, { more: longestEnding(options) });
  refuseNamesakes(
    named,
    (one, other) =>
      keepFolders || dirname(one) === dirname(other)
        ? "rename one, or use another --out for it"
        : "use --keep-folders to write them into subfolders",
  );
  const index = named.find(({ place }) => place.toLowerCase() === "index");
  if (index && options.formats.has("html")) {
    throw cannot(
      `write the page of "${index.source}"`,
      "index.html is the page of all slides; rename the slide, or leave html out of --format",
    );
  }
  return planned;
}

/** Bytes of the longest ending of results, while they are written. */
function longestEnding(
  { formats, classes }: Pick<InferOptions, "formats" | "classes">,
): number {
  const suffixes = [...formats].flatMap((name) =>
    suffixesOf(name, { classes })
  );
  return Math.max(...suffixes.map((suffix) => `.${suffix}`.length)) +
    TEMPORARY_BYTES;
}

/** The folders of slides, by which `--keep-folders` places their results: relative to their innermost common folder; remote slides have another one. */
export function foldersOf(slides: readonly SlideEntry[]): string[] {
  const paths = slides.map(({ source }) => folderOf(source));
  const roots = [true, false].map((remote) =>
    commonFolder(
      paths.filter((_, i) => isRemote(slides[i].source) === remote),
    )
  );
  return paths.map((path, i) => {
    const root = roots[isRemote(slides[i].source) ? 0 : 1];
    return relative(root, path).replaceAll("\\", "/");
  });
}

/** The folder of a slide, absolute; of one on a server, its host and folder. */
export function folderOf(source: string): string {
  if (!isRemote(source)) {
    const isUrl = /^file:/i.test(source) && URL.canParse(source);
    return dirname(resolve(isUrl ? new URL(source).pathname : source));
  }
  if (!URL.canParse(source)) return "/";
  const { hostname, pathname } = new URL(source);
  return dirname(`/${hostname}${pathname}`);
}

function commonFolder(paths: readonly string[]): string {
  const [first = "/", ...rest] = paths;
  let root = first;
  for (const path of rest) {
    while (/^\.\.([\\/]|$)/.test(relative(root, path))) root = dirname(root);
  }
  return root;
}

/**
 * A slide's results in an output folder.
 *
 * @category Results
 */
export interface FoundResult {
  /** Their place in the folder, without a suffix: `NAME` or `FOLDER/NAME`. */
  readonly place: string;
  /** The summary in `NAME.json`, if it exists. */
  readonly summary?: MaskSummary;
  /** Whether `NAME.objects.csv` exists. */
  readonly objects: boolean;
}

/**
 * Finds the results in an output folder and its subfolders, by the slides' `NAME.json`, else by their page or table of
 * objects; slides in `known` are always included. Sorted by place, numbers by value.
 *
 * @category Results
 */
export async function findResults(
  out: string,
  known: readonly string[] = [],
): Promise<FoundResult[]> {
  return await Array.fromAsync(eachResult(out, known));
}

/** Yields what {@linkcode findResults} finds, so that the summaries of thousands of slides need not be in memory. */
export async function* eachResult(
  out: string,
  known: readonly string[],
): AsyncGenerator<FoundResult, void, undefined> {
  const isKnown = new Set(known);
  const candidates: { folder: string; name: string; names: Set<string> }[] = [];
  for await (const { folder, names } of foldersIn(out, "")) {
    const all = [...names].flatMap((name) =>
      /^([^]+?)\.(?:json|html|objects\.csv)$/.exec(name)?.[1] ?? []
    );
    for (const name of new Set(all)) candidates.push({ folder, name, names });
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  const placeOf = (one: { folder: string; name: string }) =>
    one.folder + one.name;
  candidates.sort((a, b) => compare(placeOf(a), placeOf(b)));
  for (const { folder, name, names } of candidates) {
    const place = folder + name;
    const summary = names.has(`${name}.json`)
      ? await readSummary(join(out, `${place}.json`), name)
      : undefined;
    const objects = names.has(`${name}.objects.csv`);
    const isOne = summary || objects || isKnown.has(place) ||
      (await readEntryOf(join(out, `${place}.html`)))?.name === name;
    if (isOne) yield { place, summary, objects };
  }
}

/** The files of a folder and its subfolders; links to folders are not followed. */
async function* foldersIn(
  out: string,
  folder: string,
): AsyncGenerator<{ folder: string; names: Set<string> }> {
  const names = new Set<string>();
  const within: string[] = [];
  try {
    for await (const entry of Deno.readDir(join(out, folder))) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) {
        // The same slides at another threshold are no further results.
        if (!isLevelFolder(entry.name)) within.push(`${folder}${entry.name}/`);
      } else names.add(entry.name);
    }
  } catch (error) {
    if (folder === "") {
      const reason = isMissing(error)
        ? "the folder was removed or renamed meanwhile"
        : reasonOf(error);
      throw cannot(`read the results in "${out}"`, reason, { cause: error });
    }
    if (!isAbsent(error)) throw error;
    return; // a subfolder that may not be read
  }
  yield { folder, names };
  for (const one of within) yield* foldersIn(out, one);
}

/** Reads the summary of a slide; `undefined` if the file is something else. */
export async function readSummary(
  path: string,
  name: string,
): Promise<MaskSummary | undefined> {
  let text: string;
  try {
    if ((await Deno.stat(path)).size > MAX_SUMMARY_BYTES) return undefined;
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return undefined;
  }
  try {
    const summary: MaskSummary = JSON.parse(text);
    const isOne = summary.slide.name === name &&
      Number.isFinite(summary.objects.count) &&
      Number.isFinite(summary.tiles.seen) &&
      Number.isFinite(summary.positiveFraction);
    return isOne ? summary : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Finds the results of a slide that the viewer shows: mask, probability map and objects, as `openView()` takes them. Deno
 * only.
 *
 * @param source The slide's path or URL.
 * @param options.place Their place in the folder, without a suffix: `NAME` or `FOLDER/NAME`. Default: the slide's name.
 * @throws {Error} If the folder has none of them.
 *
 * @category Results
 */
export async function findLayers(
  folder: string,
  source: string,
  { place = slideName(source) }: { readonly place?: string } = {},
): Promise<
  Pick<OpenViewOptions, "mask" | "probability" | "probabilities" | "geojson">
> {
  const candidates = Object.entries({
    mask: join(folder, `${place}.mask.tif`),
    probability: join(folder, `${place}.probability.tif`),
    geojson: join(folder, `${place}.geojson`),
  });
  const exist = await Promise.all(candidates.map(([, path]) => isThere(path)));
  const found = candidates.filter((_, i) => exist[i]);
  const probabilities = await mapsOfClasses(join(folder, place));
  if (found.length > 0 || probabilities.length > 0) {
    return {
      ...Object.fromEntries(found),
      ...(probabilities.length > 0 && { probabilities }),
    };
  }
  throw cannot(`find results of "${place}"`, `there are none in "${folder}"`);
}

/** The probability maps of several classes, in order. */
async function mapsOfClasses(place: string): Promise<string[]> {
  const found: string[] = [];
  while (found.length < MOST_CLASSES) {
    const path = `${place}.probability-${found.length + 1}.tif`;
    if (!await isThere(path)) break;
    found.push(path);
  }
  return found;
}

/** Whether a file can be found. */
export function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
