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

/** Bytes that are read at a time: each call of the system costs as much as many records. */
const BLOCK = 2 ** 18;

/**
 * Reads the records of a stretch of a file, in order.
 *
 * @returns whether all of the stretch are records that are whole.
 */
export async function* readRecords(
  file: Deno.FsFile,
  from: number,
  end: number,
): AsyncGenerator<{ index: number; payload: Uint8Array }, boolean> {
  await file.seek(from, Deno.SeekMode.Start);
  let bytes = new Uint8Array();
  let left = end - from;
  const take = async (size: number): Promise<Uint8Array | undefined> => {
    if (size > bytes.length + left) return undefined;
    if (size > bytes.length) {
      const more = Math.min(left, Math.max(size - bytes.length, BLOCK));
      const all = new Uint8Array(bytes.length + more);
      all.set(bytes);
      for (let at = bytes.length; at < all.length;) {
        const count = await file.read(all.subarray(at));
        if (count === null) return undefined;
        at += count;
      }
      left -= more;
      bytes = all;
    }
    const taken = bytes.subarray(0, size);
    bytes = bytes.subarray(size);
    return taken;
  };
  while (bytes.length + left > 0) {
    const head = await take(RECORD_BYTES);
    if (!head) return false;
    const view = new DataView(head.buffer, head.byteOffset);
    const payload = await take(view.getUint32(0, true));
    if (!payload) return false;
    const sum = crc32(payload, crc32(head.subarray(8)));
    if (sum !== view.getUint32(4, true)) return false;
    yield { index: view.getUint32(8, true), payload };
  }
  return true;
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
