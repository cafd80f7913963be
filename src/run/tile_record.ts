import { crc32 } from "node:zlib";

/** Bytes of a record besides its payload: the payload's size, CRC-32 of index and payload, index. */
export const RECORD_BYTES = 12;

/** Packs a record of a journal or a part: a tile's index and payload, with a checksum. */
export function packRecord(
  index: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(RECORD_BYTES + payload.length);
  record.set(payload, RECORD_BYTES);
  const view = new DataView(record.buffer);
  view.setUint32(0, payload.length, true);
  view.setUint32(8, index, true);
  view.setUint32(4, crc32(record.subarray(8)), true);
  return record;
}

/** Where the payload of a record lies in a file. */
export interface RecordPlace {
  readonly index: number;
  readonly offset: number;
  readonly size: number;
}

/** Finds the record at `at` of a file; `undefined` if it is torn, altered, or reaches beyond `end`. */
export async function findRecord(
  file: Deno.FsFile,
  at: number,
  end: number,
): Promise<RecordPlace | undefined> {
  const offset = at + RECORD_BYTES;
  if (offset > end) return undefined;
  const bytes = await readAt(file, at, RECORD_BYTES);
  if (!bytes) return undefined;
  const head = new DataView(bytes.buffer);
  const size = head.getUint32(0, true);
  if (offset + size > end) return undefined;
  const summed = await readAt(file, at + 8, 4 + size);
  if (!summed || crc32(summed) !== head.getUint32(4, true)) return undefined;
  return { index: head.getUint32(8, true), offset, size };
}

/** Reads bytes of a file; `undefined` if it ends before. */
export async function readAt(
  file: Deno.FsFile,
  offset: number,
  size: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(size);
  await file.seek(offset, Deno.SeekMode.Start);
  for (let done = 0; done < size;) {
    const count = await file.read(bytes.subarray(done));
    if (count === null) return undefined;
    done += count;
  }
  return bytes;
}
