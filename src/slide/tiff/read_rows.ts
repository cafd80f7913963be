import type { ByteSource } from "../byte_source.ts";

/** One read spans at most this many bytes. */
const MAX_SPAN = 1 << 20;
/** Rows are read together while at most this many bytes are read per byte needed. */
const MAX_WASTE = 4;

/** Rows of bytes in a file. */
export interface RowsOptions {
  readonly height: number;
  readonly rowBytes: number;
  /** Where a row begins in the file. */
  readonly offsetOf: (row: number) => number;
  /** Called with a row's bytes, which are only valid during the call. */
  readonly write: (row: number, bytes: Uint8Array) => void;
}

/** Reads rows of bytes, nearby rows in one read. */
export async function readRows(
  source: ByteSource,
  options: RowsOptions,
): Promise<void> {
  const { height, rowBytes, offsetOf, write } = options;
  for (let first = 0; first < height;) {
    const start = offsetOf(first);
    let last = first;
    while (last + 1 < height) {
      const gap = offsetOf(last + 1) - offsetOf(last);
      const span = offsetOf(last + 1) + rowBytes - start;
      if (gap < rowBytes || gap > rowBytes * MAX_WASTE || span > MAX_SPAN) {
        break;
      }
      last++;
    }
    const bytes = await source.read(start, offsetOf(last) + rowBytes - start);
    for (let row = first; row <= last; row++) {
      const at = offsetOf(row) - start;
      write(row, bytes.subarray(at, at + rowBytes));
    }
    first = last + 1;
  }
}
