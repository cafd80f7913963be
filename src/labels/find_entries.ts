import { isMissing } from "../io/is_absent.ts";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { streamText } from "../io/read_text.ts";
import { streamRleCsv } from "../masks/rle/decode_rle.ts";
import { type CodesOfClasses, codesOfClasses } from "./codes_of_classes.ts";
import type { RequestedClasses } from "./choose_classes.ts";

/** The labels of a slide, as they are found: a run-length code, possibly of the requested class, a code per class, or a file. */
export type Entry =
  | { readonly code: string; readonly ofClass?: boolean }
  | { readonly codes: CodesOfClasses }
  | { readonly path: string };

/** File name endings of corrections. */
const CORRECTED = [".corrected.geojson", ".corrected.geojson.gz"];

/**
 * File name endings of labels in a folder, after their slide's name. Corrections come first, then the most exact, as `infer`
 * may simplify outlines.
 */
const SUFFIXES = [
  ...CORRECTED,
  ".rle.csv",
  ".mask.tif",
  ".mask.tiff",
  ".geojson",
  ".geojson.gz",
  ".mask.png",
  ".csv",
  ".json",
  ".json.gz",
  ".tif",
  ".tiff",
  ".png",
];

/** Whether a file's name is that of corrections. */
export function isCorrected(path: string): boolean {
  return CORRECTED.some((suffix) => path.toLowerCase().endsWith(suffix));
}

/** What is searched for: labels of some classes, and whether corrections count. */
export interface RequestedLabels extends RequestedClasses {
  /** Whether corrections are labels. Default: true. */
  readonly corrections?: boolean;
}

function suffixesFor({ corrections = true }: RequestedLabels): string[] {
  return corrections
    ? SUFFIXES
    : SUFFIXES.filter((suffix) => !CORRECTED.includes(suffix));
}

/**
 * The labels in a file, by the names of their slides.
 *
 * @throws {TypeError} If the file is of another type.
 * @throws {SyntaxError} If a CSV is malformed.
 * @throws {RangeError} If a CSV has codes of classes that are not requested.
 */
export async function entriesOf(
  path: string,
  requested: RequestedLabels,
): Promise<Iterable<[string, Entry]>> {
  if (/\.csv$/i.test(path)) {
    try {
      const { codes, ofClasses } = await streamRleCsv(streamText(path));
      if (ofClasses) return codesOfClasses(codes, requested);
      return [...codes].map(([id, code]) => [id, { code }]);
    } catch (cause) {
      throw cannot(`open labels "${path}"`, reasonOf(cause), { cause });
    }
  }
  const suffix = suffixesFor(requested)
    .find((one) => path.toLowerCase().endsWith(one));
  if (!suffix) {
    throw cannot(
      `open labels "${path}"`,
      "labels are CSV, GeoJSON, TIFF or PNG files",
      { kind: TypeError },
    );
  }
  const name = path.slice(path.search(/[^/\\]*$/), -suffix.length);
  return [[name, { path }]];
}

/** The labels of a slide in folders, given by the names and paths of their files. */
export async function findIn(
  folders: readonly ReadonlyMap<string, string>[],
  name: string,
  requested: RequestedLabels,
): Promise<Entry | undefined> {
  for (const files of folders) {
    for (const suffix of suffixesFor(requested)) {
      const path = files.get(name + suffix);
      if (path === undefined) continue;
      const entries = new Map(await entriesOf(path, requested));
      const entry = entries.get(name);
      if (entry) return entry;
    }
  }
}

/** The names and paths of the files of a folder. */
export async function filesOf(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isFile, isSymlink } of Deno.readDir(folder)) {
    if (isFile || isSymlink) files.set(name, `${folder}/${name}`);
  }
  return files;
}

/** @throws {Error} If there is neither file nor folder. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (cause) {
    throw cannot(
      `open labels "${path}"`,
      isMissing(cause) ? "the file does not exist" : reasonOf(cause),
      { cause },
    );
  }
}
