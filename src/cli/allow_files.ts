/** What {@linkcode allowFiles} asks for. */
export interface AllowFilesOptions {
  /** What they are needed for, for the error: an infinitive. */
  readonly action: string;
  /** Whether they are written, too. */
  readonly write?: boolean;
}

/**
 * Asks for permission to read files or folders with all that is in them, and to write them: before anything else, so that
 * no question comes in the middle of a run, and no run fails at its end.
 *
 * @throws {Error} If it is denied, or nobody can be asked; the message has the flag that grants it.
 */
export async function allowFiles(
  paths: readonly string[],
  { action, write = false }: AllowFilesOptions,
): Promise<void> {
  const names = write ? ["read", "write"] as const : ["read"] as const;
  const missing: string[] = [];
  for (const path of paths) {
    for (const name of names) {
      const { state } = await Deno.permissions.request({ name, path });
      if (state !== "granted") missing.push(`--allow-${name}=${path}`);
    }
  }
  if (missing.length === 0) return;
  throw new Error(
    `Cannot ${action}: permission is missing; run with ${missing.join(" ")}`,
  );
}
