import { join } from "node:path";
import { cannot, reasonOf } from "../../errors/cannot.ts";
import { isMissing } from "../../io/is_absent.ts";

/** The parts of a cohort by what files they have. */
export interface ListedParts {
  /** Those that are complete: a part gets its name when it is. */
  readonly done: ReadonlySet<number>;
  /** Those that failed for good, and were not done since. */
  readonly failed: ReadonlySet<number>;
}

/**
 * Lists parts by their names: each folder is read once, and no file is opened.
 *
 * @throws {Error} If a folder cannot be read.
 */
export async function listParts(parts: string): Promise<ListedParts> {
  const done = new Set<number>();
  const failed = new Set<number>();
  for (const { name } of await namesOf(parts)) {
    if (!/^\d+$/.test(name)) continue;
    for (const { name: file } of await namesOf(join(parts, name))) {
      const [, id, kind] = /^(\d+)\.(tiles|failed\.json)$/.exec(file) ?? [];
      if (kind === "tiles") done.add(Number(id));
      else if (kind) failed.add(Number(id));
    }
  }
  for (const id of done) failed.delete(id);
  return { done, failed };
}

/** The attempts at parts in the state folder: parts with a journal or a claim. */
export async function listBegun(state: string): Promise<ReadonlySet<number>> {
  const begun = new Set<number>();
  for (const { name, isDirectory } of await namesOf(state)) {
    if (!isDirectory) continue;
    for (const { name: file } of await namesOf(join(state, name))) {
      const id = Number(/^(\d+)\..*\.?(journal|claim)$/.exec(file)?.[1]);
      if (id > 0) begun.add(id);
    }
  }
  return begun;
}

async function namesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (isMissing(error)) return [];
    throw cannot(`list "${folder}"`, reasonOf(error), { cause: error });
  }
}
