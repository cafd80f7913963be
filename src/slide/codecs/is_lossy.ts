/**
 * Whether a WebP or JPEG 2000 block was encoded with loss, which leaves traces around the edges of a mask.
 *
 * Source: RFC 9649, section 2.5; ITU-T T.800, annex A.6.1.
 */
export function isLossy(data: Uint8Array, compression: number): boolean {
  if (compression === 50001) return chunksOf(data).includes("VP8 ");
  if (![33003, 33004, 33005, 34712].includes(compression)) return false;
  for (let at = 0; at + 13 < data.length; at++) {
    // The COD marker ends in the wavelet: 0 is the one that rounds.
    if (data[at] === 0xff && data[at + 1] === 0x52 && data[at + 2] === 0) {
      return data[at + 13] === 0;
    }
  }
  return false;
}

function chunksOf(data: Uint8Array): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const chunks: string[] = [];
  for (let at = 12; at + 8 <= data.length;) {
    chunks.push(String.fromCharCode(...data.subarray(at, at + 4)));
    const length = view.getUint32(at + 4, true);
    at += 8 + length + length % 2;
  }
  return chunks;
}
