import { cannot } from "../../errors/cannot.ts";
import { type BlockJob, PNG } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";
import { expandBits } from "./expand_bits.ts";

/** The header of a PNG, palette and transparency included. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha. */
  readonly colorType: number;
  readonly interlaced: boolean;
  /** RGB of the palette's entries. */
  readonly palette?: Uint8Array;
  /** Alpha of the palette's first entries. */
  readonly transparency?: Uint8Array;
  /** The compressed pixels, in parts. */
  readonly data: readonly Uint8Array<ArrayBuffer>[];
}

/** The eight bytes at the start of a PNG. */
export const PNG_SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/**
 * Splits a PNG into chunks without decoding it.
 *
 * Source: PNG specification, third edition.
 *
 * @throws {SyntaxError} If it is not a PNG, or has no header.
 */
export function readPngChunks(file: Uint8Array<ArrayBuffer>): PngHeader {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (PNG_SIGNATURE.some((byte, i) => file[i] !== byte) || file.length < 33) {
    throw cannot("decode a block", "its PNG header is damaged", {
      kind: SyntaxError,
    });
  }
  const data: Uint8Array<ArrayBuffer>[] = [];
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  for (let at = 8; at + 12 <= file.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    const contents = file.subarray(at + 8, at + 8 + length);
    if ((type === "IHDR") !== (at === 8)) {
      throw cannot("decode a block", "it has no PNG header, or several", {
        kind: SyntaxError,
      });
    }
    if (type === "IDAT") data.push(contents);
    if (type === "PLTE") palette = contents;
    if (type === "tRNS") transparency = contents;
    at += 12 + length;
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    bits: file[24],
    colorType: file[25],
    interlaced: file[28] !== 0,
    palette,
    transparency,
    data,
  };
}

/** Samples of a pixel, by color type. */
export function pngSamples(colorType: number): number {
  return ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as Record<number, number>)[
    colorType
  ] ?? 0;
}

/** A whole PNG file; TIFF has no such scheme. */
export const PNG_FILE: PictureCodec = {
  ids: [PNG],
  name: "PNG",
  depths: [1, 2, 4, 8, 16],
  decode: decodePng,
};

/**
 * Decodes a whole PNG file to one byte per sample.
 *
 * @throws {SyntaxError} If the file is damaged, or yields more than its header says.
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
  ) {
    throw cannot("decode a block", "its PNG header is damaged", {
      kind: SyntaxError,
    });
  }
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
    throw cannot("decode a block", "its PNG data are damaged", {
      kind: SyntaxError,
      cause,
    });
  }
  if (format.bits === 8) return pixels;
  return expandBits(pixels, {
    bits: format.bits,
    float: false,
    isIndex: header.colorType === 3,
    width: width * samples,
    height,
    mask: format.mask,
    values: format.sample !== undefined,
  });
}

/** Rejects data that inflate to more than their picture: fast-png would inflate all of them. */
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
        throw cannot(
          "decode a block",
          "its PNG data yield more than its header says",
          { kind: RangeError },
        );
      }
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw cause;
    throw cannot("decode a block", "its PNG data are damaged", {
      kind: SyntaxError,
      cause,
    });
  } finally {
    await reader.cancel().catch(() => {});
  }
}
