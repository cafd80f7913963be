import { recognizeFolder } from "../slide/formats/recognize.ts";
import { isRemote } from "../slide/is_remote.ts";
import { globFiles, isGlob } from "./glob_files.ts";
import { type ListedSlide, readSlideList } from "./read_slide_list.ts";
import { isResult } from "./result_formats.ts";
import { SLIDE_EXTENSIONS } from "./slide_extensions.ts";

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
