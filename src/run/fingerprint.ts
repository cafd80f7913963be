import { createHash } from "node:crypto";
import type { Slide } from "../slide/slide.ts";
import { findWeights } from "../weights/find_tensors.ts";
import { type InferOptions, inferOptions } from "./infer_options.ts";

/**
 * SHA-256 of a file of weights, in hexadecimal digits, read piece by piece.
 *
 * @throws {Error} If it cannot be read, or is no file.
 */
export async function hashFile(source: string): Promise<string> {
  const { path } = findWeights(source);
  const hash = createHash("sha256");
  try {
    if (!(await Deno.stat(path)).isFile) { // a pipe would wait for who writes to it
      throw new TypeError("it is not a regular file");
    }
    using file = await Deno.open(path, { read: true });
    for await (const piece of file.readable) hash.update(piece);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "it does not exist"
      : (cause as Error).message;
    throw new Error(`Cannot read weights ${source} as ${reason}`, { cause });
  }
  return hash.digest("hex");
}

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

/**
 * A digest of all that a slide's results follow from: the options, the weights' contents, and the state of the slide's file.
 * `undefined` if a server tells nothing of that state.
 */
export function runFingerprint(
  slide: Slide,
  { options, weightHashes }: {
    readonly options: InferOptions;
    readonly weightHashes: readonly string[];
  },
): string | undefined {
  const { width, height, mpp, version } = slide;
  if (version === undefined) return undefined;
  const names = Object.keys(inferOptions) as (keyof InferOptions)[];
  const relevant = names.flatMap((name) => {
    const { affects = true } = inferOptions[name];
    const value = options[name];
    const counts = affects === true ||
      affects === "if given" && value !== undefined;
    if (!counts) return [];
    return [[name, value instanceof Set ? [...value].sort() : value]];
  }).sort();
  const parts = [relevant, weightHashes, { width, height, mpp, version }];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
