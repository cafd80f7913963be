import { crc32 } from "node:zlib";

/** The tiles of a journal, in the order of their records; what is torn at its end is left out. */
export function readJournal(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tiles: number[] = [];
  for (let at = 36; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at, true);
    if (end > bytes.length) break;
    if (crc32(bytes.subarray(at + 8, end)) !== view.getUint32(at + 4, true)) {
      break;
    }
    tiles.push(view.getUint32(at + 8, true));
    at = end;
  }
  return tiles;
}
