import { isAbsolute } from "node:path";
import { cannot } from "../errors/cannot.ts";
import { parseCsv } from "../io/csv.ts";
import { isDicomFolder } from "../slide/formats/dicom/series.ts";
import { isSlideFolder } from "../slide/formats/recognize.ts";
import { isRemote } from "../slide/open_source.ts";
import { slideNameOf } from "../slide/slide_name.ts";
import { globFiles, isGlob } from "./glob_files.ts";
import { groupDicom, isDicomPath } from "./group_dicom.ts";
import { isResult } from "./result_formats.ts";

/** The name of a slide, and of its results: that of its file, without folders and extension. */
export function slideName(source: string): string {
  const isUrl = isRemote(source) || /^file:/i.test(source);
  const path = isUrl && URL.canParse(source)
    ? decode(new URL(source).pathname)
    : source;
  return slideNameOf(path);
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a lone % is no reason to refuse a file
  }
}

/**
 * Extensions of slides: these files are taken from folders. Those of unsupported formats lead to an error that names the
 * format, which is better than silence.
 */
export const SLIDE_EXTENSIONS: readonly string[] = [
  "svs",
  "tif",
  "tiff",
  "btf",
  "tf8",
  "qptiff",
  "ndpi",
  "scn",
  "bif",
  "mrxs",
  "vsi",
  "vms",
  "vmu",
  "czi",
  "svslide",
  "isyntax",
  "dcm",
  "zarr",
  "png",
  "jpg",
  "jpeg",
];

/**
 * A slide of a batch, or the error of an argument.
 *
 * @category Segmentation
 */
export type SlideEntry = ListedSlide & { readonly error?: unknown };

/**
 * Lists the slides that arguments name: files, URLs, quoted patterns, CSVs (see {@linkcode readSlideList}), and folders. Only
 * the slides of a folder itself are listed, since its subfolders often hold results; `folder/**` includes them. Results of
 * earlier runs are not slides. Each slide is listed once, a DICOM series by one of its files or by its folder; entries stay as they are. Deno only.
 *
 * @category Segmentation
 */
export async function listSlides(
  args: readonly (string | SlideEntry)[],
): Promise<SlideEntry[]> {
  const entries = new Map<string, SlideEntry>();
  const found: string[] = [];
  for (const argument of args) {
    if (typeof argument !== "string") {
      entries.set(argument.source, argument);
      continue;
    }
    try {
      for (const entry of await expand(argument)) {
        if (entries.has(entry.source)) continue;
        entries.set(entry.source, entry);
        found.push(entry.source);
      }
    } catch (error) {
      entries.set(argument, { source: argument, error });
    }
  }
  const kept = new Set(await groupDicom(found));
  for (const source of found) if (!kept.has(source)) entries.delete(source);
  return [...entries.values()];
}

async function expand(argument: string): Promise<readonly ListedSlide[]> {
  if (isRemote(argument)) return [{ source: argument }];
  const kind = await kindOf(argument);
  if (kind === "folder") {
    const names = await Array.fromAsync(
      Deno.readDir(argument),
      ({ name }) => name,
    )
      .catch(() => []);
    // The folder is a slide itself.
    const isSlide = isSlideFolder(names) ||
      (isDicomFolder(names) && !names.some(hasSlideExtension));
    if (isSlide) return [{ source: argument }];
    // Not by join(): sources stay as the user wrote them.
    const slides = slidesAmong(
      await globFiles(`${escape(argument)}/*`),
      argument,
    );
    const paths = slides.map(({ source }) => source);
    if (!paths.every(isDicomPath)) return slides;
    return (await groupDicom(paths)).length === 1
      ? [{ source: argument }]
      : slides;
  }
  if (/\.csv$/i.test(argument) && kind) return await readSlideList(argument);
  if (!kind && isGlob(argument)) {
    const paths = await globFiles(argument);
    // A pattern with an extension means those files, and an error if they are not slides.
    const named = /\.[^*/]+$/.test(argument) && paths.length > 0;
    if (!named) return slidesAmong(paths, argument);
    return paths.filter((path) => !isResult(path)).map((source) => ({
      source,
    }));
  }
  return [{ source: argument }]; // opening it reports errors
}

function hasSlideExtension(name: string): boolean {
  return SLIDE_EXTENSIONS.includes(
    name.slice(name.lastIndexOf(".") + 1).toLowerCase(),
  );
}

/** Escapes brackets in a folder's name. */
function escape(folder: string): string {
  return folder.replace(/\/+$/, "").replace(/[*?[{]/g, "[$&]");
}

function slidesAmong(paths: readonly string[], where: string): ListedSlide[] {
  const kinds = paths.map((path) =>
    path.slice(path.lastIndexOf(".") + 1).toLowerCase()
  );
  // The JPEGs next to such a file are its parts.
  const hasParts = kinds.includes("vms");
  const slides = paths.filter((path, i) =>
    SLIDE_EXTENSIONS.includes(kinds[i]) && !isResult(path) &&
    !(hasParts && /^jpe?g$/.test(kinds[i]))
  );
  if (slides.length > 0) return slides.map((source) => ({ source }));
  const deep = isGlob(where) ? "" : `; use '${where}/**' to search subfolders`;
  const reason = paths.length === 0
    ? "it has no files"
    : `none of its ${paths.length} files is a slide (${
      SLIDE_EXTENSIONS.join(", ")
    })`;
  throw cannot(`find slides in "${where}"`, reason + deep);
}

async function kindOf(path: string): Promise<"folder" | "file" | undefined> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch {
    return undefined;
  }
}

/**
 * A slide to process.
 *
 * @category Segmentation
 */
export interface ListedSlide {
  /** Path or URL. */
  readonly source: string;
  /** Micrometers per pixel, if the list has it. */
  readonly mpp?: number;
}

/** Names of the column with the slides' paths; the first that a header has counts. */
const COLUMNS = ["path", "slide", "url", "file", "filename", "id"];

/**
 * Reads a CSV of slides. Its header has a column `path`, `slide`, `url`, `file`, `filename` or `id`, and may have a column
 * `mpp`; others are ignored. Paths are relative to the CSV. A path without an extension, such as an id of Kaggle's tables,
 * names a slide next to the CSV, or in the folder with the name of the CSV (`train/` for `train.csv`).
 *
 * @throws {Error} If the file cannot be read.
 * @throws {SyntaxError} If it is not such a table.
 */
export async function readSlideList(path: string): Promise<ListedSlide[]> {
  const refuse = (reason: string, received?: string): Error =>
    cannot(`read the list of slides "${path}"`, reason, {
      ...(received !== undefined && { received }),
      kind: SyntaxError,
    });
  const [header = [], ...rows] = parseCsv(await Deno.readTextFile(path))
    .map(({ fields }) => fields);
  const names = header.map((name) => name.trim().toLowerCase());
  const column = COLUMNS.map((name) => names.indexOf(name)).find((i) => i >= 0);
  if (column === undefined) {
    throw refuse(
      `its header needs a column ${COLUMNS.slice(0, -1).join(", ")} or ${
        COLUMNS.at(-1)
      }`,
      header.join(",").slice(0, 60),
    );
  }
  if (rows.length === 0) throw refuse("it has no rows");
  const folders = [
    path.slice(0, path.lastIndexOf("/") + 1),
    path.replace(/\.[^.]*$/, "/"),
  ];
  const scale = names.indexOf("mpp");
  return await Promise.all(rows.map(async (row, i) => {
    const source = row[column]?.trim();
    if (!source) throw refuse(`row ${i + 1} names no slide`);
    const text = row[scale]?.trim();
    const mpp = text ? Number(text) : undefined;
    if (mpp !== undefined && !(mpp > 0)) {
      throw refuse(`mpp in row ${i + 1} must be a number above 0`, text);
    }
    return { source: await resolve(source, folders), mpp };
  }));
}

async function resolve(
  source: string,
  folders: readonly string[],
): Promise<string> {
  if (isRemote(source)) return source;
  const [path, ...others] = isAbsolute(source)
    ? [source]
    : folders.map((folder) => folder + source);
  if (/\.[^./\\]+$/.test(path) || await isFile(path)) return path;
  for (const candidate of [path, ...others]) {
    for (const extension of SLIDE_EXTENSIONS) {
      const file = `${candidate}.${extension}`;
      if (await isFile(file)) return file;
    }
  }
  return path;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
