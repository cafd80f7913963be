import { basename, dirname, join } from "node:path";
import { cannot, reasonOf } from "../../errors/cannot.ts";
import { AtomicFile, processToken } from "../../io/atomic_file.ts";
import { isAbsent } from "../../io/is_absent.ts";
import { TileJournal, type TileJournalOptions } from "../tile_journal.ts";
import { partName, partPath } from "./cohort.ts";

/**
 * Opens the journal of an attempt at a part, which no other attempt writes: it begins with the finished tiles of that which
 * came farthest. A copy on a node that is lost but not dead does no harm, and neither does a torn end.
 *
 * @param state The folder of all that only saves work.
 */
export async function openAttempt(
  state: string,
  { part, ...options }: Omit<TileJournalOptions, "resume"> & {
    readonly part: number;
  },
): Promise<TileJournal> {
  const path = partPath(state, part, `${processToken}.journal`);
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    const earlier = await attemptsAt(state, part);
    // Its own first: this process has tried before.
    const own = earlier.filter((other) => other === path);
    for (const other of new Set([...own, ...earlier])) {
      if (other !== path) {
        const copied = await Deno.copyFile(other, path)
          .then(() => true, () => false);
        if (!copied) continue; // removed meanwhile, or unreadable
      }
      const again = { ...options, resume: true };
      const journal = await TileJournal.open(path, again);
      if (journal.size > 0) return journal;
      await journal.remove(); // of another adapter, or without a whole tile
    }
    return await TileJournal.open(path, { ...options, resume: false });
  } catch (cause) {
    throw cannot(
      `keep the tiles of part ${part} in "${state}"`,
      reasonOf(cause),
      {
        cause,
      },
    );
  }
}

/** The journals of a part, the longest first. */
async function attemptsAt(state: string, part: number): Promise<string[]> {
  const { folder, name } = partName(part);
  const root = join(state, folder);
  const found: { path: string; size: number }[] = [];
  for await (const entry of Deno.readDir(root)) {
    const isOne = entry.name.startsWith(`${name}.`) &&
      entry.name.endsWith(".journal");
    if (!isOne) continue;
    const path = join(root, entry.name);
    const size = await Deno.stat(path).then(({ size }) => size, () => 0);
    found.push({ path, size });
  }
  return found.sort((a, b) => b.size - a.size).map(({ path }) => path);
}

/** Removes what attempts at a part have left: it is complete, so another copy of it loses nothing. */
export async function forgetAttempts(
  state: string,
  part: number,
): Promise<void> {
  try {
    for (const path of await attemptsAt(state, part)) {
      await Deno.remove(path).catch(() => {});
    }
  } catch {
    // there is none
  }
}

/**
 * Why a part failed for good, and on which machine.
 *
 * @category Cohorts
 */
export interface PartFailure {
  /** The number of the part. */
  readonly part: number;
  /** The error in one line. */
  readonly error: string;
  /** The machine, if known. */
  readonly host?: string;
}

/** Records that a part failed for good: others go on, and the merge says why. */
export async function writeFailure(
  parts: string,
  failure: PartFailure,
): Promise<void> {
  const path = partPath(parts, failure.part, "failed.json");
  await Deno.mkdir(dirname(path), { recursive: true });
  await AtomicFile.replace(path, JSON.stringify(failure, null, 2) + "\n");
}

/** Why a part failed for good; `undefined` if it did not. */
export async function readFailure(
  parts: string,
  part: number,
): Promise<PartFailure | undefined> {
  const path = partPath(parts, part, "failed.json");
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    return {
      part,
      error: `${basename(path)} cannot be read: ${reasonOf(error)}`,
    };
  }
}

/** Removes the record that a part failed. */
export async function forgetFailure(
  parts: string,
  part: number,
): Promise<void> {
  await Deno.remove(partPath(parts, part, "failed.json")).catch(() => {});
}
