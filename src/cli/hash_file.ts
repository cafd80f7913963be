import { createHash } from "node:crypto";
import { findWeights } from "../weights/find_weights.ts";

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
