import { isAbsent } from "../io/is_absent.ts";

/** Folders that are slides. */
const SLIDE_FOLDER = /\.zarr$/i;

/** Whether a path is a pattern: it contains one of `* ? [ {`. */
export function isGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

/**
 * Finds the files that match a pattern, and folders whose names end in `.zarr`, which are slides; sorted: `*`, `?`, `[a-z]`, `{svs,tif}`, and `**` for folders of any depth. Names that
 * start with a dot only match a pattern with the dot. Deno's own glob asks for permission to read the environment.
 */
export async function globFiles(pattern: string): Promise<string[]> {
  const found = new Set<string>();
  for (const plain of expandBraces(pattern)) {
    const root = plain.startsWith("/") ? "/" : "";
    const parts = plain.split("/").filter((part) => part !== "");
    for await (const path of walk(root, parts)) found.add(path);
  }
  return [...found].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

async function* walk(
  folder: string,
  [part, ...rest]: readonly string[],
): AsyncGenerator<string> {
  const isLast = rest.length === 0;
  if (part === "**") {
    yield* walk(folder, isLast ? ["*"] : rest);
    for (const { name, isDirectory } of await entriesOf(folder)) {
      if (isDirectory && !name.startsWith(".") && !SLIDE_FOLDER.test(name)) {
        yield* walk(`${folder}${name}/`, [part, ...rest]);
      }
    }
    return;
  }
  if (!isGlob(part)) {
    const path = folder + part;
    const kind = await kindOf(path);
    if (isLast ? kind === "file" : kind === "folder") {
      yield* isLast ? [path] : walk(`${path}/`, rest);
    }
    return;
  }
  const matcher = toRegExp(part);
  for (const { name } of await entriesOf(folder)) {
    if (!matcher.test(name)) continue;
    if (name.startsWith(".") && !part.startsWith(".")) continue;
    const kind = await kindOf(folder + name); // links are followed
    if (isLast && kind === "file") yield folder + name;
    if (!isLast && kind === "folder") yield* walk(`${folder}${name}/`, rest);
  }
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
    return isFile || (isDirectory && SLIDE_FOLDER.test(path))
      ? "file"
      : isDirectory
      ? "folder"
      : undefined;
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
