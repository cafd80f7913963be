import { dirname, relative, resolve } from "node:path";
import { isRemote } from "../slide/is_remote.ts";
import type { InferOptions } from "./infer_options.ts";
import type { SlideEntry } from "./list_slides.ts";
import { refuseNamesakes } from "./refuse_namesakes.ts";
import { slideName } from "./slide_name.ts";

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
