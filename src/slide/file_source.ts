import { cannot } from "../errors/cannot.ts";
import { type ByteSource, checkRange } from "./byte_source.ts";

/** Up to this many bytes, a blocking read costs less than handing it to a thread. */
const SMALL_READ = 1 << 16;

/**
 * Opens a local file for reading by range.
 *
 * @param options.once Whether it is read once and closed: then its bytes need not be compared later. Default: false.
 */
export async function openFileSource(
  path: string | URL,
  { once = false }: { readonly once?: boolean } = {},
): Promise<ByteSource> {
  // Before it is opened: opening a pipe would wait for its writer.
  const { isFile, size, mtime } = await Deno.stat(path);
  if (!isFile) {
    throw cannot("read a file", "it is not a regular file", {
      kind: TypeError,
    });
  }
  const version = versionOf({ size, mtime });
  const sample = new ReadSample();
  const file = await Deno.open(path, { read: true });
  // A file has one cursor, so reads take turns.
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function readNow(
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      const rest = bytes.subarray(done);
      const count = length <= SMALL_READ
        ? file.readSync(rest)
        : await file.read(rest);
      if (count === null) checkRange(offset, length, offset + done);
      done += count ?? 0;
    }
    return bytes;
  }

  async function verify(): Promise<void> {
    const found = await Deno.stat(path);
    let same = versionOf(found) === version;
    // Parts that were read whole are closed at once.
    for (const { offset, length, digest } of closed ? [] : sample.ranges) {
      same &&= digestOf(await readInTurn(offset, length)) === digest;
    }
    if (same) return;
    const reason = "its file has changed since it was opened; " +
      "run it again when the file is complete";
    throw cannot("read a file", reason, { kind: TypeError });
  }

  function readInTurn(
    offset: number,
    length: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const result = turn.then(() => {
      if (closed) {
        throw cannot("read a file", "it is closed", { kind: TypeError });
      }
      checkRange(offset, length, size);
      return readNow(offset, length);
    });
    turn = result.catch(() => {});
    return result;
  }

  return {
    size,
    version,
    verify,
    async read(
      offset: number,
      length: number,
    ): Promise<Uint8Array<ArrayBuffer>> {
      const bytes = await readInTurn(offset, length);
      if (!once) sample.add(offset, bytes);
      return bytes;
    },
    async close(): Promise<void> {
      await turn;
      if (closed) return;
      closed = true;
      file.close();
    },
  };
}

function versionOf(
  { size, mtime }: Pick<Deno.FileInfo, "size" | "mtime">,
): string {
  return `${size} ${mtime?.toISOString()}`;
}

/** Digests of some ranges that were read: the first eight, the sixteenth, and so on. */
class ReadSample {
  readonly ranges: { offset: number; length: number; digest: number }[] = [];
  #reads = 0;
  #next = 1;

  add(offset: number, bytes: Uint8Array): void {
    if (++this.#reads < this.#next) return;
    this.#next = this.#reads < 8 ? this.#reads + 1 : 2 * this.#reads;
    const part = bytes.subarray(0, SMALL_READ);
    const { length } = part;
    this.ranges.push({ offset, length, digest: digestOf(part) });
  }
}

/** FNV-1a, 32 bits: enough to notice a change. */
function digestOf(bytes: Uint8Array): number {
  let digest = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) {
    digest = Math.imul(digest ^ bytes[i], 0x01000193);
  }
  return digest;
}
