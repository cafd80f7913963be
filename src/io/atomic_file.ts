import { isMissing } from "./is_absent.ts";
import { cannot, reasonOf } from "../errors/cannot.ts";

/** What this process's temporary files have in their names, so that those of a process that was killed can be told apart. */
export const processToken: string = crypto.randomUUID().slice(0, 8);

let count = 0;

/** Temporary files that are being written. */
const unfinished = new Set<string>();

/** Removes the temporary files that are being written, before the process ends at once. */
export function removeTemporaries(): void {
  for (const path of unfinished) {
    try {
      Deno.removeSync(path);
    } catch {
      // it is gone, or cannot be removed
    }
  }
}

/** Bytes that temporary names have besides the file's name; a run writes fewer than ten million files. */
export const TEMPORARY_BYTES: number = `..${processToken}-9999999.part`.length;

/**
 * A file that gets its name only when it is complete: it is written next to its target under a temporary name, renamed
 * by {@linkcode AtomicFile.close} and removed by {@linkcode AtomicFile.abort}. Deno only.
 */
export class AtomicFile implements AsyncDisposable {
  #file: Deno.FsFile | undefined;
  readonly #path: string;
  readonly #temporary: string;

  private constructor(path: string, temporary: string, file: Deno.FsFile) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /**
   * Opens a temporary file next to `path`.
   *
   * @throws {Error} If its folder cannot be written, or if `path` is a folder; `cause` is the system's error.
   */
  static async create(path: string): Promise<AtomicFile> {
    const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1;
    const temporary = `${path.slice(0, cut)}.${
      path.slice(cut)
    }.${temporaryEnding()}`;
    if (await isDirectory(path)) {
      throw cannot(
        `write "${path}"`,
        "it is a folder",
      );
    }
    try {
      const file = await Deno.open(temporary, { write: true, createNew: true });
      unfinished.add(temporary);
      return new AtomicFile(path, temporary, file);
    } catch (cause) {
      throw isMissing(cause)
        ? cannot(
          `write "${path}"`,
          "its folder does not exist: it was removed or renamed, or never created",
          { kind: Error, cause },
        )
        : failure(path, "its folder must exist and be writable", cause);
    }
  }

  /**
   * Writes a whole file.
   *
   * @throws {Error} If it cannot be written; `cause` is the system's error.
   */
  static async replace(path: string, data: string | Uint8Array): Promise<void> {
    await using file = await AtomicFile.create(path);
    await file.write(
      typeof data === "string" ? new TextEncoder().encode(data) : data,
    );
    await file.close();
  }

  /** Writes all of `data` at the current position; resolves to its length. */
  async write(data: Uint8Array): Promise<number> {
    const file = this.#opened();
    try {
      await writeAll(file, data);
    } catch (cause) {
      throw failure(this.#path, "the disk may be full", cause);
    }
    return data.length;
  }

  /** Moves to a byte offset from the start. */
  async seek(offset: number): Promise<number> {
    const file = this.#opened();
    try {
      return await file.seek(offset, Deno.SeekMode.Start);
    } catch (cause) {
      throw failure(this.#path, "its disk fails", cause);
    }
  }

  /** Waits until what was written is on the disk. {@linkcode AtomicFile.close} does so as well. */
  async sync(): Promise<void> {
    try {
      await this.#opened().sync();
    } catch (cause) {
      throw failure(this.#path, "the disk may be full", cause);
    }
  }

  /** Closes the file and renames it to its target, replacing an existing file. */
  async close(): Promise<void> {
    const file = this.#opened();
    // Otherwise a power failure may leave the name with nothing in it.
    await this.sync();
    const own = await file.stat().catch(() => undefined);
    file.close();
    this.#file = undefined;
    try {
      await Deno.rename(this.#temporary, this.#path);
    } catch (cause) {
      // A network file system may have renamed it, and lost the answer.
      if (own && await isSame(own, this.#path)) return;
      await Deno.remove(this.#temporary).catch(() => {});
      throw isMissing(cause)
        ? cannot(
          `write "${this.#path}"`,
          "its folder, or the temporary file in it, was removed or renamed meanwhile",
          { kind: Error, cause },
        )
        : failure(this.#path, "it cannot be renamed", cause);
    } finally {
      unfinished.delete(this.#temporary);
    }
  }

  /** Closes the file and removes it; does nothing once it is closed or aborted. */
  async abort(): Promise<void> {
    if (!this.#file) return;
    this.#file.close();
    this.#file = undefined;
    await Deno.remove(this.#temporary).catch(() => {});
    unfinished.delete(this.#temporary);
  }

  /** Aborts unless closed before. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  #opened(): Deno.FsFile {
    if (!this.#file) {
      throw cannot(
        `write "${this.#path}"`,
        "the file is closed",
      );
    }
    return this.#file;
  }
}

/** Writes all bytes at the current position: the system may take a part of them at a time. */
export async function writeAll(
  file: Pick<Deno.FsFile, "write">,
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await file.write(bytes.subarray(done));
  }
}

/** The end of a new temporary name, which says whose it is. */
export function temporaryEnding(): string {
  return `${processToken}-${++count}.part`;
}

/** Whether a path now names a file. */
async function isSame(
  { dev, ino, size }: Deno.FileInfo,
  path: string,
): Promise<boolean> {
  const there = await Deno.stat(path).catch(() => undefined);
  return there !== undefined && ino !== null && there.dev === dev &&
    there.ino === ino && there.size === size;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // The usual case: a new file. Other errors surface when the temporary file is opened.
  }
}

function failure(path: string, reason: string, cause: unknown): Error {
  return cannot(`write "${path}"`, `${reason}: ${reasonOf(cause)}`, {
    kind: Error,
    cause,
  });
}
