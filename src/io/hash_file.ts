import { createHash } from "node:crypto";

/** SHA-256 of a file, in hexadecimal digits. The file is streamed. */
export async function hashOf(path: string | URL): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path, { read: true });
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex");
}
