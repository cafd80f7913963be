import type { MaskSummary } from "../masks/summarize_mask.ts";
import { readEntryOf } from "../report/report_entry.ts";
import { isRemote } from "../slide/open_source.ts";
import type { OpenViewOptions } from "../view/open_view.ts";
import type { InferOptions } from "./infer_options.ts";
import { type SlideEntry, slideName } from "./list_slides.ts";
import { refuseNamesakes } from "./output_folder.ts";
import { dirname, relative, resolve } from "node:path";

/** A slide of a batch, and where its results go. */
export type PlannedSlide = SlideEntry & {
  /** The slide's name, as its results have it. */
  readonly name: string;
  /** The folder of its results. */
  readonly out: string;
  /** Where its results lie in the output folder, without an ending: `NAME`, or `FOLDER/NAME`. */
  readonly place: string;
};

/**
 * Decides where each slide's results go, before anything is computed: all into one folder, or with `--keep-folders` into
 * folders like those of the slides, from the innermost folder that holds them all.
 *
 * @throws {Error} where two slides' results would have one name, or a slide's page the name of the batch's.
 */
export function planResults(
  slides: readonly SlideEntry[],
  { out, keepFolders, formats }: Pick<
    InferOptions,
    "out" | "keepFolders" | "formats"
  >,
): PlannedSlide[] {
  const folders = keepFolders ? foldersOf(slides) : [];
  const planned = slides.map((slide, i) => {
    const name = slideName(slide.source);
    const folder = folders[i] ?? "";
    const place = folder ? `${folder}/${name}` : name;
    return { ...slide, name, place, out: folder ? `${out}/${folder}` : out };
  });
  const named = planned.filter(({ error }) => error === undefined);
  refuseNamesakes(
    named,
    (one, other) =>
      keepFolders || dirname(one) === dirname(other)
        ? "rename one, or run them with an --out of their own"
        : "--keep-folders writes each into a subfolder",
  );
  const index = named.find(({ place }) => place.toLowerCase() === "index");
  if (index && formats.has("html")) {
    throw new Error(
      `Cannot write a page of ${index.source} as index.html is the page over all slides: rename the slide, or leave html out of --format`,
    );
  }
  return planned;
}

/** The folders of slides, relative to the innermost one that holds them all; those on servers have one of their own. */
function foldersOf(slides: readonly SlideEntry[]): string[] {
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

function folderOf(source: string): string {
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

/** Larger files are no summaries. */
const MOST = 1 << 22;

/** A slide's results in an output folder. */
export interface FoundResult {
  /** Where they lie in the folder, without an ending: `NAME`, or `FOLDER/NAME`. */
  readonly place: string;
  /** What `NAME.json` says, where there is one. */
  readonly summary?: MaskSummary;
  /** Whether there is a `NAME.objects.csv`. */
  readonly objects: boolean;
}

/**
 * Finds what runs have left in an output folder and those within, by the slides' `NAME.json`, and where a run wrote none, by
 * its page or its table of objects; slides in `known` are there in any case. In the order of their places, numbers by value.
 */
export async function findResults(
  out: string,
  known: readonly string[] = [],
): Promise<FoundResult[]> {
  const found: FoundResult[] = [];
  const isKnown = new Set(known);
  for await (const { folder, names } of foldersIn(out, "")) {
    const candidates = [...names].flatMap((name) =>
      /^(.+?)\.(?:json|html|objects\.csv)$/.exec(name)?.[1] ?? []
    );
    for (const name of new Set(candidates)) {
      const place = folder + name;
      const summary = names.has(`${name}.json`)
        ? await readSummary(`${out}/${place}.json`, name)
        : undefined;
      const objects = names.has(`${name}.objects.csv`);
      const isOne = summary || objects || isKnown.has(place) ||
        (await readEntryOf(`${out}/${place}.html`))?.name === name;
      if (isOne) found.push({ place, summary, objects });
    }
  }
  const { compare } = new Intl.Collator("en", { numeric: true });
  return found.sort((a, b) => compare(a.place, b.place));
}

/** The files of a folder and of those within; links to folders are not followed. */
async function* foldersIn(
  out: string,
  folder: string,
): AsyncGenerator<{ folder: string; names: Set<string> }> {
  const names = new Set<string>();
  const within: string[] = [];
  try {
    for await (const entry of Deno.readDir(`${out}/${folder}`)) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) within.push(`${folder}${entry.name}/`);
      else names.add(entry.name);
    }
  } catch (error) {
    if (folder === "") throw error;
    return; // a folder of somebody else's
  }
  yield { folder, names };
  for (const one of within) yield* foldersIn(out, one);
}

/** Reads a file that may be a slide's summary; `undefined` where it is something else. */
async function readSummary(
  path: string,
  name: string,
): Promise<MaskSummary | undefined> {
  try {
    if ((await Deno.stat(path)).size > MOST) return undefined;
    const summary: MaskSummary = JSON.parse(await Deno.readTextFile(path));
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
 * The files in a folder of results that a page shows over a slide: mask, probability map and objects, as `openView()` takes
 * them. Deno only.
 *
 * @param source The slide's path or URL.
 * @throws {Error} If the folder has none of them.
 */
export async function findLayers(
  folder: string,
  source: string,
): Promise<Pick<OpenViewOptions, "mask" | "probability" | "geojson">> {
  const name = slideName(source);
  const candidates = Object.entries({
    mask: `${folder}/${name}.mask.tif`,
    probability: `${folder}/${name}.probability.tif`,
    geojson: `${folder}/${name}.geojson`,
  });
  const there = await Promise.all(
    candidates.map(([, path]) => Deno.stat(path).then(() => true, () => false)),
  );
  const found = candidates.filter((_, i) => there[i]);
  if (found.length > 0) return Object.fromEntries(found);
  throw new Error(
    `Cannot find results of ${name} as the folder has none: received ${folder}`,
  );
}
