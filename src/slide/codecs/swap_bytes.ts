/** Converts big-endian numbers of `size` bytes (2, 4 or 8) to little-endian, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start + size <= bytes.length; start += size) {
    for (let i = start, j = start + size - 1; i < j; i++, j--) {
      const low = bytes[i];
      bytes[i] = bytes[j];
      bytes[j] = low;
    }
  }
}

/** Copies bytes whose lowest bit comes first (fill order 2). */
export function reverseBits(
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const table = Uint8Array.from({ length: 256 }, (_, byte) => {
    let reversed = 0;
    for (let bit = 0; bit < 8; bit++) reversed |= (byte >> bit & 1) << 7 - bit;
    return reversed;
  });
  return Uint8Array.from(bytes, (byte) => table[byte]);
}
