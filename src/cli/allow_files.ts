import { TUNING_VARIABLES, tuningFolder } from "../run/tuning_file.ts";
import { isFileUrl, isRemote } from "../slide/open_source.ts";

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

/**
 * Asks for permission to keep what will be measured.
 *
 * @throws {Error} If the user's folder for caches is not known, or may not be written; the message has the flag that grants it.
 */
export async function allowTuning(): Promise<void> {
  for (const variable of TUNING_VARIABLES) {
    await Deno.permissions.request({ name: "env", variable });
  }
  const action = "keep what is measured";
  await allowFiles([tuningFolder()], { action, write: true });
}

/**
 * Asks for permission to read slides: local ones, and from the hosts of those on servers; at the start, so that nobody has
 * to wait for a question in the middle of a batch. Where nobody can be asked, opening such a slide says what is missing.
 */
export async function allowSources(slides: readonly string[]): Promise<void> {
  for (const slide of new Set(slides.map(permissionOf))) {
    await Deno.permissions.request(JSON.parse(slide));
  }
}

/** As text, so that equal ones are asked for once. */
function permissionOf(slide: string): string {
  const isUrl = isRemote(slide) && URL.canParse(slide);
  return JSON.stringify(
    isUrl ? { name: "net", host: new URL(slide).host } : {
      name: "read",
      path: isFileUrl(slide) ? new URL(slide).pathname : slide,
    },
  );
}
