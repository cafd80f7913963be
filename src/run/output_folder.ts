import { basename, dirname, join } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { Lease, type LeaseOptions } from "./lease.ts";
import { slideName } from "./list_slides.ts";
import { quoted, type RunContext, shownSource } from "./run_context.ts";

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
    if (!none) throw error;
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
