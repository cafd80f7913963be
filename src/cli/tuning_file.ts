import { AtomicFile } from "../io/atomic_file.ts";
import { Tuning } from "../predict/tuning.ts";
import { allowFiles } from "./allow_files.ts";

/** What tells where a user's caches lie. */
const VARIABLES = ["HOME", "XDG_CACHE_HOME", "LOCALAPPDATA"];

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
 * Asks for permission to keep what will be measured.
 *
 * @throws {Error} where the user's cache folder is not known, or may not be written; the message has the flag that grants it.
 */
export async function allowTuning(): Promise<void> {
  for (const variable of VARIABLES) {
    await Deno.permissions.request({ name: "env", variable });
  }
  await allowFiles([folderOf(knownPath())], {
    action: "keep what is measured",
    write: true,
  });
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
      VARIABLES.join(",")
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
