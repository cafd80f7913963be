import { parseCsv } from "../io/csv.ts";
import { isRemote } from "../slide/is_remote.ts";
import { SLIDE_EXTENSIONS } from "./slide_extensions.ts";

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
