import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { hashOf } from "../io/hash_file.ts";
import type { Slide } from "../slide/slide.ts";
import { findWeights } from "../weights/find_tensors.ts";
import { digestsOf, type RegionFiles } from "./find_regions.ts";
import { type InferOptions, inferOptions } from "./infer_options.ts";
import project from "../../deno.json" with { type: "json" };

/**
 * SHA-256 of a file of weights, in hexadecimal digits. The file is streamed.
 *
 * @throws {Error} If it cannot be read, or is not a file.
 */
export async function hashFile(source: string): Promise<string> {
  const { path } = findWeights(source);
  try {
    if (!(await Deno.stat(path)).isFile) { // a pipe would wait for its writer
      throw new Error("not a regular file");
    }
    return await hashOf(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "the file does not exist"
      : reasonOf(cause);
    throw cannot(`read weights "${source}"`, reason, { cause });
  }
}

/** The data of {@linkcode dataFingerprint}. */
export interface DataFingerprintParts {
  /** Open slides. */
  readonly slides: readonly Slide[];
  /** Files, or folders of files. */
  readonly files: readonly string[];
}

/** SHA-256 over names, sizes and versions of slides and files, whatever their folders: identifies the data. */
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

/** Name, size and modification time of a file, or of each file in a folder. */
async function describeFiles(path: string): Promise<unknown[]> {
  const { isDirectory, size, mtime } = await Deno.stat(path);
  if (!isDirectory) return [[basename(path), size, mtime]];
  const names = (await Array.fromAsync(Deno.readDir(path)))
    .filter(({ isDirectory }) => !isDirectory).map(({ name }) => name).sort();
  return (await Promise.all(
    names.map((name) => describeFiles(join(path, name))),
  )).flat();
}

/**
 * A digest of everything that determines a slide's results: the program's version, options, the precision that was used,
 * contents of weights and regions, and version of the slide's file. `undefined` if a server does not report the version.
 */
export function runFingerprint(
  slide: Slide,
  { options, precision, weightHashes, regions = {} }: {
    readonly options: InferOptions;
    readonly precision: string;
    readonly weightHashes: readonly string[];
    readonly regions?: RegionFiles;
  },
): string | undefined {
  const { width, height, mpp, version } = slide;
  if (version === undefined) return undefined;
  const names = Object.keys(inferOptions) as (keyof InferOptions)[];
  const relevant = names.flatMap((name) => {
    const { affects = true } = inferOptions[name];
    const value = name === "precision" ? precision : options[name];
    const counts = affects === true ||
      affects === "if given" && value !== undefined;
    if (!counts) return [];
    return [[name, value instanceof Set ? [...value].sort() : value]];
  }).sort();
  const file = { width, height, mpp, version };
  const parts: unknown[] = [project.version, relevant, weightHashes, file];
  const digests = digestsOf(regions);
  if (digests) parts.push(digests); // older fingerprints stay valid
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
