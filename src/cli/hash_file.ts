import { createHash } from "node:crypto";

/**
 * SHA-256 of a file, in hexadecimal digits, read piece by piece.
 *
 * @throws {Error} If it cannot be read.
 */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    using file = await Deno.open(path, { read: true });
    for await (const piece of file.readable) hash.update(piece);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "it does not exist"
      : (cause as Error).message;
    throw new Error(`Cannot read weights ${path} as ${reason}`, { cause });
  }
  return hash.digest("hex");
}
