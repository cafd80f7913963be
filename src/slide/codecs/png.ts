import { type BlockJob, PNG } from "./block_job.ts";
import { expandBits } from "./expand_bits.ts";
import { pngSamples, readPngChunks } from "./png_chunks.ts";
import type { PictureCodec } from "./codec.ts";

/** A whole PNG file, which no TIFF holds. */
export const PNG_FILE: PictureCodec = {
  ids: [PNG],
  name: "PNG",
  depths: [1, 2, 4, 8, 16],
  decode: decodePng,
};

/**
 * Decodes a whole PNG file to one byte per sample.
 *
 * @throws {SyntaxError} If the file is damaged, or holds more than its header says.
 */
export async function decodePng(
  file: Uint8Array<ArrayBuffer>,
  { format, width, height }: BlockJob,
): Promise<Uint8Array> {
  const { data, interlaced, ...header } = readPngChunks(file);
  const samples = pngSamples(header.colorType);
  const rowBytes = Math.ceil(width * samples * header.bits / 8);
  if (
    header.width !== width || header.height !== height ||
    header.bits !== format.bits || samples !== format.samples
  ) throw new SyntaxError("its PNG header is damaged");
  // Each row has a byte that names its filter; the seven passes of an interlaced picture have more rows.
  const rows = interlaced ? height * 4 + 8 : height;
  const most = rowBytes * height + rows + (interlaced ? rows : 0);
  await checkInflated(data, most);
  const { decode } = await import("fast-png");
  let pixels: Uint8Array;
  try {
    const { data } = decode(file);
    pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  } catch (cause) {
    throw new SyntaxError("its PNG data are damaged", { cause });
  }
  if (format.bits === 8) return pixels;
  return expandBits(pixels, {
    bits: format.bits,
    float: false,
    isIndex: header.colorType === 3,
    width: width * samples,
    height,
    mask: format.mask,
  });
}

/** Rejects pixels that inflate to more than their picture: fast-png would inflate all of them. */
async function checkInflated(
  data: readonly Uint8Array<ArrayBuffer>[],
  most: number,
): Promise<void> {
  const reader = new Blob([...data]).stream()
    .pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (let bytes = 0;;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
      if (bytes > most) {
        throw new RangeError("its PNG data hold more than its header says");
      }
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    throw new SyntaxError("its PNG data are damaged", { cause });
  } finally {
    await reader.cancel().catch(() => {});
  }
}
