/** A piece of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** Bytes by range: what a slide is read from, so that it is never read whole. */
export interface ByteSource {
  /** Size in bytes. */
  readonly size: number;
  /** Tells states of the file apart, where something does: its ETag, or when it was changed. */
  readonly version?: string;
  /**
   * Reads `length` bytes at `offset`. They are the caller's own: they may be changed, and moved to a worker.
   *
   * @throws {RangeError} If the range does not lie within the source.
   */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Says what will be read soon, so that neighbours can be fetched together. */
  prefetch?(ranges: readonly ByteRange[]): void;
  /** Opens another file of the same folder, where there is one. It is closed with this one. */
  openBeside?(name: string): Promise<ByteSource>;
  /** Waits for the reads under way, then lets go of the file. */
  close(): Promise<void>;
}

/** Refuses a range outside a source of `size` bytes: files lie about offsets. */
export function checkRange(offset: number, length: number, size: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new RangeError(
    `bytes ${offset} to ${
      offset + length
    } lie past the end of the file at ${size}`,
  );
}
