import { cannot } from "../errors/cannot.ts";
import { isRemote } from "../slide/open_source.ts";
import { slideName } from "./list_slides.ts";
import type { NamedSlide } from "./output_folder.ts";
import { shownSource } from "./run_context.ts";

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
