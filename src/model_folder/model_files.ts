import { createHash } from "node:crypto";
import { reasonOf } from "../errors/cannot.ts";
import { hashOf } from "../io/hash_file.ts";
import { isMissing } from "../io/is_absent.ts";
import { MANIFEST, type ModelFile, type ModelManifest } from "./manifest.ts";

/** What a model is made of, and where its files are. */
export interface ModelParts {
  /** Its folder, or its address. */
  readonly source: string;
  /** What its `model.json` says. */
  readonly manifest: ModelManifest;
  /** SHA-256 of its `model.json`. */
  readonly sha256: string;
  /** The place of one of its files. */
  readonly pathOf: (file: ModelFile) => string;
}

/** The files of a model, besides its `model.json`. */
export function filesOf({ weights, test }: ModelManifest): ModelFile[] {
  return [...weights, ...test ? [test] : []];
}

/** What is wrong with a file of a model, if anything. */
export async function faultOfFile(
  path: string,
  { file, bytes, sha256 }: ModelFile,
): Promise<string | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) return `"${file}" is not a regular file`;
    if (size !== bytes) {
      return `"${file}" has ${size} bytes, and ${MANIFEST} says ${bytes}: it is cut short, or another file`;
    }
    const found = await hashOf(path);
    return found === sha256
      ? undefined
      : `"${file}" is another file than the one packed: its SHA-256 is ${
        found.slice(0, 12)
      }…, and ${MANIFEST} says ${sha256.slice(0, 12)}…`;
  } catch (cause) {
    if (isMissing(cause)) return `"${file}" is missing`;
    return `"${file}" cannot be read: ${reasonOf(cause)}`;
  }
}

/** Size and digest of bytes, as a manifest has them. */
export function describeFile(file: string, bytes: Uint8Array): ModelFile {
  return { file, bytes: bytes.length, sha256: digestOf(bytes) };
}

/** SHA-256, in hexadecimal digits. */
export function digestOf(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
