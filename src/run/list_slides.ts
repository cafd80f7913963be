import { parseCsv } from "../io/csv.ts";
import { recognizeFolder } from "../slide/formats/recognize.ts";
import { isRemote } from "../slide/open_source.ts";
import { globFiles, isGlob } from "./glob_files.ts";
import { isResult } from "./result_formats.ts";

/** What a slide is called, and its results after it: its file, without folders and ending. */
export function slideName(source: string): string {
  const isUrl = isRemote(source) || /^file:/i.test(source);
  const path = isUrl && URL.canParse(source)
    ? decode(new URL(source).pathname)
    : source;
  return path.split(/[\\/]/).at(-1)!.replace(/(?<=.)\.[^.]*$/, "");
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a lone % is no reason to refuse a file
  }
}

/**
 * What slides' files are called: these are taken from folders. Some of them may be refused by name and reason, which is
 * better than to leave them out without a word.
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
  "png",
  "jpg",
  "jpeg",
];

/** A slide of a batch, or why an argument gave none. */
export type SlideEntry = ListedSlide & { readonly error?: unknown };

/**
 * Finds the slides that arguments name: files, URLs, patterns that the shell left alone, CSVs (see
 * {@linkcode readSlideList}), and folders. Of a folder its own slides are taken, not those of folders within, since
 * results often lie there; `folder/**` takes them all. Results of earlier runs are no slides. Each is listed once; entries stay as they
 * are. Deno only.
 */
export async function listSlides(
  args: readonly (string | SlideEntry)[],
): Promise<SlideEntry[]> {
  const entries = new Map<string, SlideEntry>();
  for (const argument of args) {
    if (typeof argument !== "string") {
      entries.set(argument.source, argument);
      continue;
    }
    try {
      for (const entry of await expand(argument)) {
        if (!entries.has(entry.source)) entries.set(entry.source, entry);
      }
    } catch (error) {
      entries.set(argument, { source: argument, error });
    }
  }
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
    // A folder that is a slide, which opens, or says why it does not.
    if (recognizeFolder(names)) return [{ source: argument }];
    return slidesAmong(await globFiles(`${escape(argument)}/*`), argument);
  }
  if (/\.csv$/i.test(argument) && kind) return await readSlideList(argument);
  if (!kind && isGlob(argument)) {
    const paths = await globFiles(argument);
    // Who names an extension wants those files, and to be told if they are no slides.
    const named = /\.[^*/]+$/.test(argument) && paths.length > 0;
    if (!named) return slidesAmong(paths, argument);
    return paths.filter((path) => !isResult(path)).map((source) => ({
      source,
    }));
  }
  return [{ source: argument }]; // which opens, or says why it does not
}

/** The brackets of a folder's own name are no pattern. */
function escape(folder: string): string {
  return folder.replace(/\/+$/, "").replace(/[*?[{]/g, "[$&]");
}

function slidesAmong(paths: readonly string[], where: string): ListedSlide[] {
  const kinds = paths.map((path) =>
    path.slice(path.lastIndexOf(".") + 1).toLowerCase()
  );
  // The JPEGs beside such a file are its parts.
  const hasParts = kinds.includes("vms");
  const slides = paths.filter((path, i) =>
    SLIDE_EXTENSIONS.includes(kinds[i]) && !isResult(path) &&
    !(hasParts && /^jpe?g$/.test(kinds[i]))
  );
  if (slides.length > 0) return slides.map((source) => ({ source }));
  throw new Error(
    `Cannot find slides in ${where} as one that ends in ${
      SLIDE_EXTENSIONS.join(", ")
    } is needed: received ${paths.length} other files${
      isGlob(where) ? "" : `; '${where}/**' looks into folders within, too`
    }`,
  );
}

async function kindOf(path: string): Promise<"folder" | "file" | undefined> {
  try {
    return (await Deno.stat(path)).isDirectory ? "folder" : "file";
  } catch {
    return undefined;
  }
}

/** A slide to work on. */
export interface ListedSlide {
  /** Path or URL. */
  readonly source: string;
  /** Micrometers a pixel, where the list says so. */
  readonly mpp?: number;
}

/** Names of the column that says where slides are; the first that a header has. */
const COLUMNS = ["path", "slide", "url", "file", "filename", "id"];

/**
 * Reads a CSV of slides. Its header has a column `path`, `slide`, `url`, `file`, `filename` or `id`, and may have one
 * `mpp`; others are left alone. Paths are relative to the CSV. One without an extension, as the ids of Kaggle's tables are,
 * is that of a slide beside the CSV, or in a folder beside it that is called as the CSV is (`train/` for `train.csv`).
 *
 * @throws {Error} If the file cannot be read, or is not such a table.
 */
export async function readSlideList(path: string): Promise<ListedSlide[]> {
  const refuse = (rule: string, received: string): Error =>
    new SyntaxError(
      `Cannot read the list of slides ${path} as ${rule}: received ${received}`,
    );
  const [header = [], ...rows] = parseCsv(await Deno.readTextFile(path))
    .map(({ fields }) => fields);
  const names = header.map((name) => name.trim().toLowerCase());
  const column = COLUMNS.map((name) => names.indexOf(name)).find((i) => i >= 0);
  if (column === undefined) {
    throw refuse(
      `its header names a column ${COLUMNS.join(", ")}`,
      header.join(",").slice(0, 60) || "nothing",
    );
  }
  if (rows.length === 0) throw refuse("it lists slides", "a header alone");
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const folders = [folder, path.replace(/\.[^.]*$/, "/")];
  const scale = names.indexOf("mpp");
  return await Promise.all(rows.map(async (row, i) => {
    const source = row[column]?.trim();
    if (!source) throw refuse("each row names a slide", `row ${i + 1} without`);
    const text = row[scale]?.trim();
    const mpp = text ? Number(text) : undefined;
    if (mpp !== undefined && !(mpp > 0)) {
      throw refuse("mpp is a number above 0", `"${text}" in row ${i + 1}`);
    }
    return { source: await resolve(source, folders), mpp };
  }));
}

async function resolve(
  source: string,
  folders: readonly string[],
): Promise<string> {
  if (isRemote(source)) return source;
  const isAbsolute = /^(\/|[A-Za-z]:[\\/])/.test(source);
  const [path, ...others] = isAbsolute
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
