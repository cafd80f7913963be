import { basename, dirname, join } from "node:path";
import { cannot, explained, reasonOf } from "../errors/cannot.ts";
import { isRemote } from "../slide/open_source.ts";
import { Lease, type LeaseOptions } from "./lease.ts";
import { slideName } from "./list_slides.ts";
import { quoted, type RunContext, shownSource } from "./run_context.ts";

/** Bytes of a name in the usual file systems. */
const MAX_BYTES = 255;

/** Options for {@linkcode refuseNames}. */
export interface RefuseNamesOptions {
  /** Bytes that the longest file name has besides the slide's name. */
  readonly more: number;
  /** The operating system, as in `Deno.build.os`. */
  readonly os?: typeof Deno.build.os;
}

/**
 * Checks that files can have the names of slides, before anything is computed: too long ones, those of URLs that are none,
 * and those that Windows reserves.
 *
 * @throws {Error} If one cannot; the message names the slide.
 */
export function refuseNames(
  slides: readonly NamedSlide[],
  { more, os = Deno.build.os }: RefuseNamesOptions,
): void {
  for (const { source, place = slideName(source) } of slides) {
    const folders = place.split("/");
    const name = folders.pop()!;
    const problem = folders.map((folder) => problemOf(folder, { more: 0, os }))
      .find((one) => one !== undefined) ?? problemOf(name, { more, os });
    if (problem === undefined) continue;
    const wayOut = isRemote(source)
      ? "download it under another name"
      : "rename it, or give a link to it with another name";
    throw cannot(
      `name the results of "${shownSource(source)}"`,
      `${problem}; ${wayOut}`,
    );
  }
}

function problemOf(
  name: string,
  { more, os }: Required<RefuseNamesOptions>,
): string | undefined {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes + more > MAX_BYTES) {
    return `a name of ${bytes} bytes is too long: files may have ${MAX_BYTES}, and ${more} are needed for their endings`;
  }
  if (/^\.{0,2}$/.test(name)) return `"${name}" is no name of a file`;
  if (name.includes("\0")) return `"${name}" contains a zero`;
  if (os !== "windows") return undefined;
  const sign = [...name].find((one) => '<>:"|?*'.includes(one) || one < " ");
  if (sign !== undefined) {
    return `Windows allows no ${JSON.stringify(sign)} in names of files`;
  }
  const isReserved =
    /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i;
  if (isReserved.test(name)) return `Windows reserves the name "${name}"`;
  if (more === 0 && /[ .]$/.test(name)) {
    return `Windows allows no "${name.at(-1)}" at the end of names of folders`;
  }
}

/**
 * Creates an output folder if it is missing. Disposing of it removes it again if it was created and is still empty.
 *
 * @param what Its contents, for the error.
 * @throws {Error} If it cannot be created.
 */
export async function makeFolder(
  path: string,
  what: string,
): Promise<AsyncDisposable> {
  const isNew = await Deno.lstat(path).then(
    () => false,
    (error) => error instanceof Deno.errors.NotFound,
  );
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    throw cannot(`create folder "${path}" for ${what}`, reasonOf(cause), {
      cause,
    });
  }
  return {
    async [Symbol.asyncDispose]() {
      // The system does not remove a folder with files.
      if (isNew) await Deno.remove(path).catch(() => {});
    },
  };
}

/** Maximum number of files that an error names. */
const NAMED = 3;

/**
 * Checks that no file would be overwritten.
 *
 * @param paths The files to write.
 * @param waysOut What to do instead, for the error.
 * @throws {Error} If files exist; the message names the first of them.
 */
export async function refuseExisting(
  paths: readonly string[],
  waysOut: string,
): Promise<void> {
  const folders = new Map<string, Set<string>>();
  const existing: string[] = [];
  for (const path of paths) {
    const folder = dirname(path);
    const names = folders.get(folder) ?? await namesIn(folder);
    folders.set(folder, names);
    if (names.has(basename(path))) existing.push(path);
  }
  if (existing.length === 0) return;
  const more = existing.length - NAMED;
  const named = quoted(existing.slice(0, NAMED)) +
    (more > 0 ? ` and ${more} more` : "");
  const are = existing.length === 1 ? "already exists" : "already exist";
  throw cannot("write results", `${named} ${are}; ${waysOut}`);
}

/** The names in a folder; none if it does not exist. */
async function namesIn(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(folder)) names.add(name);
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (!none) throw explained(error, `read folder "${folder}"`);
  }
  return names;
}

/** A slide and the name of its results. */
export interface NamedSlide {
  /** Path or URL. */
  readonly source: string;
  /** The name of its results. Default: the slide's name. */
  readonly place?: string;
}

/**
 * Checks that no two slides have the same name, as the results of one would replace those of the other.
 *
 * @param wayOut What to do instead, for the error.
 * @throws {Error} If two have; the message names both.
 */
export function refuseNamesakes(
  slides: readonly NamedSlide[],
  wayOut: (
    one: string,
    other: string,
  ) => string = () => "rename one, or run them one by one",
): void {
  const sources = new Map<string, string>();
  for (const { source, place = slideName(source) } of slides) {
    const key = ignoresCase ? place.toLowerCase() : place;
    const other = sources.get(key);
    if (other !== undefined) {
      throw cannot(
        "tell results apart",
        `"${shownSource(other)}" and "${
          shownSource(source)
        }" have the same name, "${place}"; ${wayOut(other, source)}`,
      );
    }
    sources.set(key, source);
  }
}

/** Whether "A" and "a" are the same file, as usual on these systems. */
const ignoresCase = ["darwin", "windows"].includes(Deno.build.os);

/** Options for {@linkcode leaseResults}. */
export interface LeaseResultsOptions
  extends Pick<LeaseOptions, "action" | "signal" | "wait"> {
  /** The run that writes them. */
  readonly context: Pick<RunContext, "id" | "host">;
}

/**
 * Takes results for a run, and removes the temporary files of them that a run has left when it was killed; they may be as
 * large as the results.
 *
 * @param lock The lock file: `.NAME.lock` for files whose names begin with `NAME.`, `.lock` for all of its folder.
 * @throws {Error} If another run is writing them.
 */
export function leaseResults(
  lock: string,
  { context: { id: run, host }, ...options }: LeaseResultsOptions,
): Promise<Lease> {
  const folder = dirname(lock);
  const start = basename(lock, "lock");
  return Lease.take(lock, {
    ...{ run, host, ...options },
    async onKilled({ token }) {
      for await (const { name } of Deno.readDir(folder)) {
        const isPart = name.startsWith(start) && name.endsWith(".part") &&
          name.includes(`.${token}-`);
        if (!isPart) continue;
        await Deno.remove(join(folder, name), { recursive: true });
      }
    },
  });
}
