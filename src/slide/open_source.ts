import { cannot } from "../errors/cannot.ts";
import { blobSource, type ByteSource, checkRange } from "./byte_source.ts";
import { recognizeFolder } from "./formats/recognize.ts";
import { openUrlSource, type RemoteOptions } from "./remote/open_url_source.ts";

/** Whether a slide is on a server. */
export function isRemote(source: string | URL | Blob): boolean {
  return !(source instanceof Blob) && /^https?:/i.test(String(source));
}

/** Whether a slide is a local file, given as a URL. */
export function isFileUrl(source: string | URL | Blob): boolean {
  return !(source instanceof Blob) && /^file:/i.test(String(source)) &&
    URL.canParse(String(source));
}

/** Up to this many bytes, a blocking read costs less than handing it to a thread. */
const SMALL_READ = 1 << 16;

/** Opens a local file for reading by range. */
export async function openFileSource(path: string | URL): Promise<ByteSource> {
  // Before it is opened: opening a pipe would wait for its writer.
  const { isFile, isDirectory, size, mtime } = await Deno.stat(path);
  if (isDirectory) {
    throw cannot("read a file", await describeFolder(path), {
      kind: TypeError,
    });
  }
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
    for (const { offset, length, digest } of sample.ranges) {
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
      sample.add(offset, bytes);
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

/** Digests of some ranges that were read: the first, the second, the fourth, and so on. */
class ReadSample {
  readonly ranges: { offset: number; length: number; digest: number }[] = [];
  #reads = 0;
  #next = 1;

  add(offset: number, bytes: Uint8Array): void {
    if (++this.#reads < this.#next) return;
    this.#next *= 2;
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

/** Describes a folder that was given instead of a file. */
async function describeFolder(path: string | URL): Promise<string> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) names.push(name);
  } catch {
    // permissions may cover files only
  }
  return recognizeFolder(names) ?? "it is a folder";
}

/** Opens a file, a URL or a `Blob` for reading by range; files and URLs with access to other files in their folder. */
export async function openSource(
  given: string | URL | Blob,
  options: RemoteOptions & { readonly signal?: AbortSignal } = {},
): Promise<ByteSource> {
  if (given instanceof Blob) return blobSource(given);
  const source = isFileUrl(given) ? new URL(given) : given;
  const remote = isRemote(source);
  const open = (place: string | URL): Promise<ByteSource> =>
    remote ? openUrlSource(String(place), options) : openFileSource(place);
  return withSiblings(await open(source), (name) =>
    open(
      remote || source instanceof URL
        ? new URL(encodeURIComponent(name), source)
        : source.replace(/[^\\/]*$/, "") + name,
    ));
}

/** Lets a file open others in its folder, which are closed with it. */
export function withSiblings(
  source: ByteSource,
  open: (name: string) => Promise<ByteSource>,
): ByteSource {
  const opened: ByteSource[] = [];
  return {
    size: source.size,
    version: source.version,
    read: source.read.bind(source),
    prefetch: source.prefetch?.bind(source),
    async verify(): Promise<void> {
      for (const each of [source, ...opened]) await each.verify?.();
    },
    async openBeside(name: string): Promise<ByteSource> {
      const sibling = await open(name);
      opened.push(sibling);
      return sibling;
    },
    async close(): Promise<void> {
      await Promise.all([source, ...opened].map((each) => each.close()));
    },
  };
}
