import { decodeDeflate } from "./decode_deflate.ts";
import { decodeLzw } from "./decode_lzw.ts";
import { decodePackBits } from "./decode_pack_bits.ts";
import { decodeZstd } from "./decode_zstd.ts";

/** Maximum compression ratio of each scheme: a smaller block is truncated, which is known before decoding. */
const MAX_RATIO: { readonly [compression: number]: number } = {
  5: 4096,
  8: 1040,
  32946: 1040,
  32773: 64,
};

/**
 * Decompresses a block to `length` bytes or more; fewer if the data end early.
 *
 * @throws {SyntaxError} If the data are damaged.
 */
export async function unpackBytes(
  data: Uint8Array<ArrayBuffer>,
  compression: number,
  { length, most }: { readonly length: number; readonly most: number },
): Promise<Uint8Array> {
  const ratio = MAX_RATIO[compression];
  if (ratio && length > data.length * ratio) {
    throw new SyntaxError(`its block has ${data.length} bytes for ${length}`);
  }
  switch (compression) {
    case 1:
      return data;
    case 5:
      return decodeLzw(data, length);
    case 32773:
      return decodePackBits(data, length);
    case 50000:
      return await decodeZstd(data, most);
    default:
      return await decodeDeflate(data, length);
  }
}
