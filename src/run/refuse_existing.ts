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
