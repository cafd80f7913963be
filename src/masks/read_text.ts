/** The most that a compressed file may hold: strings of JavaScript are not longer. */
const MOST = 2 ** 29;

/**
 * Reads a text file: UTF-8 or UTF-16, with or without a byte order mark, compressed by gzip or not. Deno only.
 *
 * @throws {RangeError} If it holds more than 512 MiB.
 * @throws {Error} If it cannot be read.
 */
export async function readText(
  path: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  let bytes = await Deno.readFile(path, { signal });
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unzip(bytes, path);
  if (bytes.length > MOST) throw tooLong(path);
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : "utf-8";
  return new TextDecoder(encoding).decode(bytes); // which leaves out the mark
}

async function unzip(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    const stream = new Blob([bytes]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    for await (const part of stream) {
      parts.push(part);
      length += part.length;
      if (length > MOST) break;
    }
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read "${path}" as its gzip data are damaged`,
      {
        cause,
      },
    );
  }
  if (length > MOST) throw tooLong(path);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

function tooLong(path: string): RangeError {
  return new RangeError(
    `Cannot read "${path}" as texts of at most 512 MiB are read`,
  );
}
