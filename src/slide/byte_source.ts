import { cannot } from "../errors/cannot.ts";

/** A piece of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes by range: the source of a slide, which is never read whole. */
export interface ByteSource {
  /** Size in bytes. */
  readonly size: number;
  /** Identifies the state of the file, if known: its ETag or modification time. */
  readonly version?: string;
  /**
   * Reads `length` bytes at `offset`. The caller owns them: they may be changed, and transferred to a worker.
   *
   * @throws {RangeError} If the range does not lie within the source.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Announces ranges that will be read soon, so that neighbors can be fetched together. */
  prefetch?(ranges: readonly ByteRange[]): void;
  /**
   * Checks that the file is still what was opened. A server's file is compared with each read instead.
   *
   * @throws {TypeError} If it has changed.
   */
  verify?(): Promise<void>;
  /** Waits for pending reads, then releases the file. */
  close(): Promise<void>;
}

/** Rejects a range outside a source of `size` bytes: offsets in files may be wrong. */
export function checkRange(offset: number, length: number, size: number): void {
  const isWhole = Number.isInteger(offset) && Number.isInteger(length);
  if (isWhole && offset >= 0 && length >= 0 && offset + length <= size) return;
  throw cannot(
    "read a file",
    `bytes ${offset} to ${
      offset + length
    } are past the end of the file at ${size}`,
    { kind: RangeError },
  );
}

/** Reads ranges of a `Blob` or `File`. */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    version: "lastModified" in blob
      ? `${blob.size} ${blob.lastModified}`
      : undefined,
    async read(
      offset: number,
      length: number,
    ): Promise<Uint8Array<ArrayBuffer>> {
      checkRange(offset, length, blob.size);
      return new Uint8Array(
        await blob.slice(offset, offset + length).arrayBuffer(),
      );
    },
    close: () => Promise.resolve(),
  };
}
