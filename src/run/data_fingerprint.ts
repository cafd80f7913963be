import { createHash } from "node:crypto";
import type { Slide } from "../slide/slide.ts";

/** What {@linkcode dataFingerprint} looks at. */
export interface DataFingerprintParts {
  /** Open slides. */
  readonly slides: readonly Slide[];
  /** Files, or folders whose files all count. */
  readonly files: readonly string[];
}

/** SHA-256 over names, sizes and versions of slides and files, wherever they lie: another where the data is another. */
export async function dataFingerprint(
  { slides, files }: DataFingerprintParts,
): Promise<string> {
  const opened = slides.map((slide) => {
    const { name, width, height, mpp, version } = slide;
    return { name, width, height, mpp, version };
  });
  const listed = (await Promise.all(files.map(describeFiles))).flat();
  const text = JSON.stringify([opened, listed]);
  return createHash("sha256").update(text).digest("hex");
}

/** Name, size and time of change of a file, or of those in a folder. */
async function describeFiles(path: string): Promise<unknown[]> {
  const { isDirectory, size, mtime } = await Deno.stat(path);
  if (!isDirectory) return [[path.split(/[\\/]/).at(-1), size, mtime]];
  const names = (await Array.fromAsync(Deno.readDir(path)))
    .filter(({ isDirectory }) => !isDirectory).map(({ name }) => name).sort();
  return (await Promise.all(
    names.map((name) => describeFiles(`${path}/${name}`)),
  )).flat();
}
