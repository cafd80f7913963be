import { cannot } from "../../errors/cannot.ts";
import { type BlockJob, CZI_RAW, CZI_ZSTD0, CZI_ZSTD1 } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { expandBits } from "./expand_bits.ts";
import { decodeZstd } from "./zstd.ts";

/** Pixels of a CZI: uncompressed, zstd, and zstd after a header. Colors are blue, green, red. */
export const CZI_PIXELS: PictureCodec = {
  ids: [CZI_RAW, CZI_ZSTD0, CZI_ZSTD1],
  name: "CZI's own (none or zstd)",
  depths: [8, 16],
  decode: decodeCzi,
};

/**
 * Decodes the pixels of a CZI's sub-block to one byte per sample, red first.
 *
 * Source: ZEN's file format description (DS_ZISRAW-FileFormat), and libCZI's notes on zstd.
 *
 * @throws {SyntaxError} If they are damaged, or of another size than the page says.
 */
export async function decodeCzi(
  data: Uint8Array<ArrayBuffer>,
  job: BlockJob,
): Promise<Uint8Array> {
  const { format: { bits, samples, range, mask, sample }, width, height } = job;
  const bytes = await unpack(data, job);
  const values = bits === 8 && !range ? bytes : expandBits(bytes, {
    ...{ bits, float: false, range, isIndex: false, mask },
    values: sample !== undefined,
    width: width * samples,
    height,
  });
  if (samples === 3) swapRedBlue(values);
  return values;
}

async function unpack(
  data: Uint8Array<ArrayBuffer>,
  { format: { compression, bits, samples }, width, height }: BlockJob,
): Promise<Uint8Array> {
  const length = width * height * samples * bits / 8;
  let packed: Uint8Array<ArrayBuffer> = data;
  let isSplit = false;
  if (compression === CZI_ZSTD1) {
    const [size, kind, flags] = data;
    if (!(size === 1 || (size === 3 && kind === 1))) {
      throw damaged(
        `its zstd header is unknown (${Array.from(data.subarray(0, 3))})`,
      );
    }
    packed = data.subarray(size);
    isSplit = size === 3 && (flags & 1) === 1;
  }
  const bytes = compression === CZI_RAW
    ? packed
    : await decodeZstd(packed, length);
  if (bytes.length !== length) {
    throw damaged(
      `its pixels take ${length} bytes, and it has ${bytes.length}`,
    );
  }
  return isSplit ? joinBytes(bytes) : bytes;
}

/** Joins the low bytes of 16-bit values, which come first, with the high ones. */
function joinBytes(bytes: Uint8Array): Uint8Array {
  const half = bytes.length / 2;
  if (!Number.isInteger(half)) throw damaged("its bytes cannot be halved");
  const joined = new Uint8Array(bytes.length);
  for (let i = 0; i < half; i++) {
    joined[2 * i] = bytes[i];
    joined[2 * i + 1] = bytes[half + i];
  }
  return joined;
}

/** Exchanges the first and the third of each three bytes. */
export function swapRedBlue(pixels: Uint8Array): void {
  for (let i = 0; i + 2 < pixels.length; i += 3) {
    const blue = pixels[i];
    pixels[i] = pixels[i + 2];
    pixels[i + 2] = blue;
  }
}

function damaged(reason: string): Error {
  return cannot("decode a block", reason, { kind: SyntaxError });
}
