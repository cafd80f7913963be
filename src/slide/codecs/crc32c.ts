import { cannot } from "../../errors/cannot.ts";

/** The remainders of all bytes, by the reversed polynomial of Castagnoli. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) {
    byte = byte >>> 1 ^ (byte & 1 ? 0x82f63b78 : 0);
  }
  return byte;
});

/** The CRC-32C checksum of bytes. Source: RFC 3720, appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) {
    value = value >>> 8 ^ TABLE[(value ^ bytes[i]) & 255];
  }
  return ~value >>> 0;
}

/**
 * Checks bytes that end with their checksum, the lowest byte first.
 *
 * @param what What they are, for the error: `chunk`.
 * @returns the bytes before it.
 * @throws {SyntaxError} If it differs.
 */
export function checkCrc32c<T extends ArrayBufferLike>(
  data: Uint8Array<T>,
  what: string,
): Uint8Array<T> {
  const end = data.length - 4;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const bytes = data.subarray(0, Math.max(0, end));
  if (end >= 0 && view.getUint32(end, true) === crc32c(bytes)) return bytes;
  throw cannot(
    "decode a block",
    `its ${what} is damaged: its checksum (crc32c) is wrong`,
    { kind: SyntaxError },
  );
}
