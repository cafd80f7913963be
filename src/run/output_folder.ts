import { slideName } from "./list_slides.ts";
import { shownSource } from "./run_context.ts";

/**
 * Makes an output folder where it is missing. Disposing of it removes it again if it was made and nothing has come into it.
 *
 * @param what What goes into it, for the error.
 * @throws {Error} If it cannot be made.
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
    throw new Error(
      `Cannot write ${what} as the output folder cannot be made: received "${path}" (${
        (cause as Error).message
      })`,
      { cause },
    );
  }
  return {
    async [Symbol.asyncDispose]() {
      // The system itself refuses to remove a folder with something in it.
      if (isNew) await Deno.remove(path).catch(() => {});
    },
  };
}

/** An error names no more files than these. */
const NAMED = 3;

/**
 * Refuses to write over files.
 *
 * @param paths What is going to be written.
 * @param waysOut What to do about it.
 * @throws {Error} that names the first of those that are there.
 */
export async function refuseExisting(
  paths: readonly string[],
  waysOut: string,
): Promise<void> {
  const folders = new Map<string, Set<string>>();
  const there: string[] = [];
  for (const path of paths) {
    const at = path.lastIndexOf("/");
    const folder = path.slice(0, at);
    const names = folders.get(folder) ?? await namesIn(folder);
    folders.set(folder, names);
    if (names.has(path.slice(at + 1))) there.push(path);
  }
  if (there.length === 0) return;
  const more = there.length - NAMED;
  throw new Error(
    `Cannot write results as earlier ones are not replaced unasked: received ${
      there.slice(0, NAMED).join(", ")
    }${more > 0 ? ` and ${more} more` : ""}; ${waysOut}`,
  );
}

/** What a folder holds; nothing where there is none. */
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

/** A slide, and what tells its results apart from those of others. */
export interface NamedSlide {
  /** Path or URL. */
  readonly source: string;
  /** What its results are called. Default: the slide's name. */
  readonly place?: string;
}

/**
 * Refuses two slides of one name before any work: the second one's results would take the place of the first one's.
 *
 * @param wayOut What to do about it.
 * @throws {Error} that names both.
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
      throw new Error(
        `Cannot tell results apart as each slide needs a name of its own: received "${place}" for ${
          shownSource(other)
        } and ${shownSource(source)}; ${wayOut(other, source)}`,
      );
    }
    sources.set(key, source);
  }
}

/** Whether "A" and "a" are one file, as they usually are there. */
const ignoresCase = ["darwin", "windows"].includes(Deno.build.os);

/**
 * Removes the temporary files that a killed run of a slide has left, as large as its results may be. Only for who knows
 * that run to be dead: one that is alive loses its results.
 */
export async function removeLeftovers(
  out: string,
  name: string,
): Promise<void> {
  for await (const entry of Deno.readDir(out)) {
    // What AtomicFile writes before it renames.
    const isPart = entry.name.startsWith(`.${name}.`) &&
      /^[a-z.]+\.[0-9a-f]{8}\.part$/.test(entry.name.slice(name.length + 2));
    if (isPart && entry.isFile) await Deno.remove(`${out}/${entry.name}`);
  }
}
