import { cannot, reasonOf } from "../errors/cannot.ts";
import { isMissing } from "../io/is_absent.ts";
import type { ByteSource } from "./byte_source.ts";
import type { DicomWeb } from "./remote/dicom_web.ts";
import { TransferError } from "./remote/with_retries.ts";

/** The folder of a slide's files. */
export interface Folder {
  /** The names in it; `undefined` if they cannot be listed, as on a server. */
  list(): Promise<readonly string[] | undefined>;
  /**
   * Opens a file by its path below the folder, with `/` between its parts. It is closed with the slide, or before that by
   * the caller.
   *
   * @throws {Error} If it cannot be opened; the error's `name` is `NotFound` if there is no such file.
   */
  open(path: string): Promise<ByteSource>;
  /**
   * Reads a small file whole; `undefined` if there is no such file.
   *
   * @throws {RangeError} If it has more than `most` bytes.
   */
  read(
    path: string,
    options: { readonly most: number; readonly signal?: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** The file that was given as a slide, with access to its folder. */
export interface SlideSource extends ByteSource {
  readonly folder: Folder;
  /** How many files were given besides it of which none was asked for. */
  readonly idle: number;
  /** The series on a DICOMweb server, if that was given: then there are no files. */
  readonly web?: DicomWeb;
  /** Whether a folder was given: then `folder` is that one, and there are no bytes. */
  readonly isFolder: boolean;
}

/** How files are reached. */
export interface FolderAccess {
  list?(): Promise<readonly string[] | undefined>;
  /** @param expected The most bytes that it may have, if it is read whole and closed at once. */
  open(path: string, expected?: number): Promise<ByteSource>;
}

/** There is no such file. */
export class NotFound extends Error {
  override readonly name = "NotFound";
}

/**
 * Gives a file access to its folder. Files opened there are verified with it, and closed with it at the latest; its version
 * covers all that were opened before it is asked for.
 *
 * @param options.others How many files were given besides it.
 */
export function withFolder(
  source: ByteSource,
  { access, isFolder = false, others = 0, web }: {
    readonly access: FolderAccess;
    readonly isFolder?: boolean;
    readonly others?: number;
    readonly web?: DicomWeb;
  },
): SlideSource {
  const opened = new Set<ByteSource>();
  const closed = new ClosedSample();
  const versions = new Map<string, string | undefined>();
  let asked = false;

  async function open(path: string, expected?: number): Promise<ByteSource> {
    checkPath(path);
    asked = true;
    const file = await access.open(path, expected).catch((cause) => {
      if (!isMissing(cause) && !isAway(cause)) throw cause;
      throw cannot(`open "${path}"`, "it does not exist", {
        kind: NotFound,
        cause,
      });
    });
    opened.add(file);
    versions.set(path, file.version);
    return {
      size: file.size,
      version: file.version,
      read: file.read.bind(file),
      prefetch: file.prefetch?.bind(file),
      verify: file.verify?.bind(file),
      async close(): Promise<void> {
        if (opened.delete(file)) closed.add(file);
        await file.close();
      },
    };
  }

  return {
    size: source.size,
    get version(): string | undefined {
      return joinVersions(source.version, versions);
    },
    get idle(): number {
      return asked ? 0 : others;
    },
    isFolder,
    web,
    read: source.read.bind(source),
    prefetch: source.prefetch?.bind(source),
    folder: {
      list(): Promise<readonly string[] | undefined> {
        asked = true;
        return access.list?.() ?? Promise.resolve(undefined);
      },
      open: (path) => open(path),
      async read(
        path,
        { most, signal },
      ): Promise<Uint8Array<ArrayBuffer> | undefined> {
        signal?.throwIfAborted();
        let file: ByteSource;
        try {
          file = await open(path, most);
        } catch (error) {
          if (isMissing(error)) return undefined;
          throw cannot(`read "${path}"`, reasonOf(error), { cause: error });
        }
        try {
          if (file.size > most) {
            throw cannot(`read "${path}"`, `it has more than ${most} bytes`, {
              received: file.size,
              kind: RangeError,
            });
          }
          return await file.read(0, file.size);
        } finally {
          await file.close();
        }
      },
    },
    async verify(): Promise<void> {
      for (const file of [source, ...opened, ...closed.kept]) {
        await file.verify?.();
      }
    },
    async close(): Promise<void> {
      await Promise.all([source, ...opened].map((file) => file.close()));
    },
  };
}

/** Some of the files that were closed: the first, the second, the fourth, and so on. There may be a million. */
class ClosedSample {
  readonly kept: ByteSource[] = [];
  #count = 0;
  #next = 1;

  add(file: ByteSource): void {
    if (++this.#count < this.#next) return;
    this.#next *= 2;
    this.kept.push(file);
  }
}

/** Refuses paths that leave the folder: files are untrusted, and name others. */
function checkPath(path: string): void {
  const parts = path.split("/");
  const isBelow = !/[\\\0]/.test(path) &&
    parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (isBelow) return;
  throw cannot("open a part of a slide", "it must lie in the slide's folder", {
    received: path,
    kind: TypeError,
  });
}

/** Whether a server has no such file. */
function isAway(error: unknown): boolean {
  return error instanceof TransferError && error.isAbsent;
}

/** The version of a file and of others, in as many characters as for one; `undefined` if it is unknown for any. */
function joinVersions(
  own: string | undefined,
  others: ReadonlyMap<string, string | undefined>,
): string | undefined {
  if (others.size === 0 || own === undefined) return own;
  let digest = 0xcbf29ce484222325n; // FNV-1a, 64 bits
  for (const path of [...others.keys()].sort()) {
    const version = others.get(path);
    if (version === undefined) return undefined;
    for (const character of `${path}\n${version}\n`) {
      const mixed = digest ^ BigInt(character.codePointAt(0)!);
      digest = BigInt.asUintN(64, mixed * 0x100000001b3n);
    }
  }
  return `${own} with ${others.size} other files ${digest.toString(16)}`;
}
