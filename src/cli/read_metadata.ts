import { readSafetensorsMetadata } from "../weights/read_safetensors.ts";

/** The length of a safetensors file's header, and the header's brace. */
const START = 9;
const BRACE = 0x7b;
/** No header is longer. */
const MOST = 100_000_000;

/**
 * What a checkpoint carries beside its tensors; of safetensors, the header alone is read. Empty where the file is of another
 * format, broken, or cannot be read: who loads it says so.
 */
export async function readMetadata(
  path: string,
): Promise<Readonly<Record<string, string>>> {
  try {
    const place = path.startsWith("file:") ? new URL(path) : path;
    if (!(await Deno.stat(place)).isFile) return {}; // a pipe would wait for who writes to it
    using file = await Deno.open(place);
    const start = await readBytes(file, START);
    const length = Number(new DataView(start.buffer).getBigUint64(0, true));
    if (length > MOST || start[8] !== BRACE) return {};
    await file.seek(0, Deno.SeekMode.Start);
    return readSafetensorsMetadata(await readBytes(file, 8 + length));
  } catch {
    return {};
  }
}

/** As many bytes as there are, but no more than asked for. */
async function readBytes(
  file: Deno.FsFile,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.min(most, (await file.stat()).size));
  let count = 0;
  while (count < bytes.length) {
    const more = await file.read(bytes.subarray(count));
    if (more === null) break;
    count += more;
  }
  return bytes.subarray(0, count);
}
