import { isAbsent } from "../io/is_absent.ts";
import { isPartOf, readFolderKind } from "./slide_folders.ts";

/** A path that a pattern matches: a file, or the folder of a slide or of DICOM files. */
export interface Found {
  readonly path: string;
  readonly kind: "file" | "slide" | "series";
}

/** Whether a path is a pattern: it contains one of `* ? [ {`. */
export function isGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

/**
 * Finds the files that match a pattern, and the folders that are slides, sorted: `*`, `?`, `[a-z]`, `{svs,tif}`, and `**` for folders of any depth. Names that
 * start with a dot only match a pattern with the dot, and `**` does not search the folders of slides. Deno's own glob asks for permission to read the environment.
 */
export async function globFiles(pattern: string): Promise<Found[]> {
  const found = new Map<string, Found>();
  for (const plain of expandBraces(pattern)) {
    const root = plain.startsWith("/") ? "/" : "";
    const parts = plain.split("/").filter((part) => part !== "");
    for await (const one of walk(root, parts)) found.set(one.path, one);
  }
  // localeCompare() would make a collator for each pair, of native memory.
  const { compare } = new Intl.Collator("en", { numeric: true });
  return [...found.values()].sort((a, b) => compare(a.path, b.path));
}

async function* walk(
  folder: string,
  [part, ...rest]: readonly string[],
): AsyncGenerator<Found> {
  const isLast = rest.length === 0;
  if (part === "**") {
    yield* walk(folder, isLast ? ["*"] : rest);
    const entries = await entriesOf(folder);
    const beside = new Set(entries.map(({ name }) => name));
    for (const { name, isDirectory } of entries) {
      const isSearched = isDirectory && !name.startsWith(".") &&
        !isPartOf(name, beside) && !await isClosed(folder + name);
      if (isSearched) yield* walk(`${folder}${name}/`, [part, ...rest]);
    }
    return;
  }
  if (!isGlob(part)) {
    if (isLast) yield* matched(folder + part);
    else if (await kindOf(folder + part) === "folder") {
      yield* walk(`${folder}${part}/`, rest);
    }
    return;
  }
  const matcher = toRegExp(part);
  for (const { name } of await entriesOf(folder)) {
    if (!matcher.test(name)) continue;
    if (name.startsWith(".") && !part.startsWith(".")) continue;
    if (isLast) yield* matched(folder + name);
    else if (await kindOf(folder + name) === "folder") { // links are followed
      yield* walk(`${folder}${name}/`, rest);
    }
  }
}

/** A path that the whole pattern matches, if it is a file or the folder of a slide. */
async function* matched(path: string): AsyncGenerator<Found> {
  const kind = await kindOf(path);
  if (kind === "file") yield { path, kind };
  if (kind !== "folder") return;
  const inside = await readFolderKind(path);
  if (inside === "slide" || inside === "series") yield { path, kind: inside };
}

/** Whether a folder holds the parts of a slide, and nothing else. */
async function isClosed(path: string): Promise<boolean> {
  const kind = await readFolderKind(path);
  return kind === "slide" || kind === "parts";
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder || "."));
  } catch (error) {
    // A missing permission is named; not a folder, or not readable: nothing matches.
    if (error instanceof Deno.errors.NotCapable || !isAbsent(error)) {
      throw error;
    }
    return [];
  }
}

async function kindOf(path: string): Promise<"file" | "folder" | undefined> {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    return isFile ? "file" : isDirectory ? "folder" : undefined;
  } catch (error) {
    const isNone = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!isNone) throw error; // a slide must not be left out in silence
    return undefined;
  }
}

function expandBraces(pattern: string): string[] {
  const match = pattern.match(/^(.*?)\{([^{}]*)\}(.*)$/s);
  if (!match) return [pattern];
  const [, before, choices, after] = match;
  return choices.split(",").flatMap((choice) =>
    expandBraces(before + choice + after)
  );
}

function toRegExp(part: string): RegExp {
  const source = part.replace(
    /\[!?[^\]]+\]|[*?]|[.+^${}()|[\]\\]/g,
    (token) => {
      if (token === "*") return ".*";
      if (token === "?") return ".";
      return token.length > 1
        ? token.replace("[!", "[^").replaceAll("\\", "\\\\")
        : `\\${token}`;
    },
  );
  return new RegExp(`^${source}$`, "s"); // names may contain line breaks
}
