import { explained } from "../errors/cannot.ts";
import { MAX_SAFETENSORS_HEADER } from "../io/limits.ts";
import { isAbsent } from "../io/is_absent.ts";
import { isOnnx, readOnnx } from "../onnx/read_onnx.ts";
import { readSafetensorsMetadata } from "../weights/read_safetensors.ts";

/** Bytes of a safetensors file up to the brace of its header. */
const START = 9;
const BRACE = 0x7b;

/**
 * The metadata of a safetensors checkpoint, of which only the header is read, or of an ONNX file. Empty if the file has another
 * format, is damaged, or is not there: loading it reports that.
 *
 * @throws {Error} If it cannot be read.
 */
export async function readMetadata(
  path: string,
): Promise<Readonly<Record<string, string>>> {
  let header: Uint8Array<ArrayBuffer>;
  try {
    const place = path.startsWith("file:") ? new URL(path) : path;
    if (!(await Deno.stat(place)).isFile) return {}; // a pipe would wait for its writer
    using file = await Deno.open(place);
    const start = await readBytes(file, START);
    if (isOnnx(start)) return await readOnnxMetadata(place);
    const length = Number(new DataView(start.buffer).getBigUint64(0, true));
    if (length > MAX_SAFETENSORS_HEADER || start[8] !== BRACE) return {};
    await file.seek(0, Deno.SeekMode.Start);
    header = await readBytes(file, 8 + length);
  } catch (error) {
    const isDamaged = error instanceof TypeError || error instanceof RangeError;
    const isDenied = error instanceof Deno.errors.PermissionDenied;
    if (isDamaged || (isAbsent(error) && !isDenied)) return {};
    throw explained(error, `read weights "${path}"`);
  }
  try {
    return readSafetensorsMetadata(header);
  } catch {
    return {};
  }
}

async function readOnnxMetadata(
  place: string | URL,
): Promise<Readonly<Record<string, string>>> {
  const bytes = await Deno.readFile(place);
  try {
    return Object.fromEntries(readOnnx(bytes).metadata);
  } catch {
    return {};
  }
}

/** Reads up to `most` bytes. */
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
