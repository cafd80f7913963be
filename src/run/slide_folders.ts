import { MAX_INI_BYTES } from "../io/limits.ts";
import { isAbsent } from "../io/is_absent.ts";
import { isDicomFolder } from "../slide/formats/dicom/series.ts";
import { parseIni } from "../slide/ini.ts";

/**
 * What a folder is: a slide by itself (Zarr); the parts of one beside it (MRXS, VSI); a series of files that is a slide, or
 * several (DICOM); or a folder like any other. The first two hold nothing else.
 */
export type FolderKind = "slide" | "parts" | "series" | "folder";

/** Names at the root of a Zarr. */
const ZARR = ["zarr.json", ".zattrs", ".zgroup", ".zarray"];

/** Tells what a folder is, by its name and the names of the files in it; one that may not be read is like any other. */
export async function readFolderKind(path: string): Promise<FolderKind> {
  if (/\.zarr[\\/]*$/i.test(path)) return "slide";
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (!isDirectory) names.push(name);
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  if (names.some((name) => ZARR.includes(name))) return "slide";
  if (names.includes("Slidedat.ini")) return "parts";
  return isDicomFolder(names) ? "series" : "folder";
}

/** Whether a folder is named as the parts of a slide beside it: `a` of `a.mrxs`, `_a_` of `a.vsi`. */
export function isPartOf(
  name: string,
  beside: ReadonlySet<string>,
): boolean {
  return beside.has(`${name}.mrxs`) ||
    /^_.+_$/.test(name) && beside.has(`${name.slice(1, -1)}.vsi`);
}

/**
 * The files that a Hamamatsu VMS names: the JPEGs of its parts. None, if it cannot be read: opening it says why.
 *
 * @param path That of the `.vms`.
 * @returns their paths.
 */
export async function partsOfVms(path: string): Promise<string[]> {
  let text: string;
  try {
    if ((await Deno.stat(path)).size > MAX_INI_BYTES) return [];
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    return [];
  }
  const folder = path.replace(/[^\\/]*$/, "");
  return [...parseIni(text).values()].flatMap((
    section,
  ) => [...section.values()]).filter((value) => /\.jpe?g$/i.test(value)).map((
    name,
  ) => folder + name);
}
