import { AtomicFile } from "../io/atomic_file.ts";
import { Tuning } from "../predict/tuning.ts";

/** What tells where a user's caches lie. */
export const TUNING_VARIABLES = ["HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"];

/** Reads what was measured on this machine before; empty where there is nothing, or nothing that can be read. */
export async function readTuning(): Promise<Tuning> {
  const path = tuningPath();
  if (path === undefined) return new Tuning();
  // Nobody is asked for what only saves time.
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") return new Tuning();
  try {
    return Tuning.parse(await Deno.readTextFile(path));
  } catch {
    return new Tuning();
  }
}

/**
 * The folder that keeps what is measured.
 *
 * @throws {Error} If the user's folder for caches is not known; the message has the flag that lets it be.
 */
export function tuningFolder(): string {
  return folderOf(knownPath());
}

/**
 * Keeps what was measured, in the user's folder for caches.
 *
 * @throws {Error} where there is no such folder, or it cannot be written.
 */
export async function writeTuning(tuning: Tuning): Promise<void> {
  const path = knownPath();
  await Deno.mkdir(folderOf(path), { recursive: true });
  const file = await AtomicFile.create(path);
  try {
    await file.write(new TextEncoder().encode(tuning.stringify()));
    await file.close();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

function knownPath(): string {
  const path = tuningPath();
  if (path !== undefined) return path;
  throw new Error(
    `Cannot keep what was measured as the user's cache folder is not known: grant --allow-env=${
      TUNING_VARIABLES.join(",")
    }`,
  );
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** `undefined` where the environment does not tell, or may not be read; nobody is asked for that. */
function tuningPath(): string | undefined {
  const read = (variable: string) => {
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    return state === "granted" ? Deno.env.get(variable) : undefined;
  };
  const home = read("HOME");
  const folder = read("XDG_CACHE_HOME") ?? read("LOCALAPPDATA") ??
    (home &&
      (Deno.build.os === "darwin"
        ? `${home}/Library/Caches`
        : `${home}/.cache`));
  return folder ? `${folder}/tilewise/tuning.json` : undefined;
}
