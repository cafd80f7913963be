import { cannot } from "../../errors/cannot.ts";
import { type BlockJob, BMP } from "./block_job.ts";
import type { PictureCodec } from "./codec.ts";

/** The file's header, and the fields of the picture's that are read. */
const HEADER_BYTES = 34;

/** A whole BMP file of 24 bits; TIFF has no such scheme. */
export const BMP_FILE: PictureCodec = {
  ids: [BMP],
  name: "BMP",
  depths: [8],
  decode: (data, job) => Promise.resolve(decodeBmp(data, job)),
  checkHead(head, job) {
    if (head.length < HEADER_BYTES) return false;
    readHeader(head, job);
    return true;
  },
};

/**
 * Decodes a BMP file of 24 bits, uncompressed, to RGB.
 *
 * Source: BITMAPFILEHEADER and BITMAPINFOHEADER in Microsoft's documentation of Windows GDI.
 *
 * @throws {SyntaxError} If it is damaged, of another kind, or differs from the page.
 */
export function decodeBmp(data: Uint8Array, job: BlockJob): Uint8Array {
  const { start, isTopDown } = readHeader(data, job);
  const { width, height } = job;
  const stride = Math.ceil(width * 3 / 4) * 4;
  if (start + stride * (height - 1) + width * 3 > data.length) {
    throw damaged("its BMP data are cut short");
  }
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    let from = start + stride * (isTopDown ? y : height - 1 - y);
    for (const end = to + width * 3; to < end; to += 3, from += 3) {
      rgb[to] = data[from + 2];
      rgb[to + 1] = data[from + 1];
      rgb[to + 2] = data[from];
    }
  }
  return rgb;
}

/** Where the pixels begin, and in which order rows are. */
function readHeader(
  data: Uint8Array,
  job: Pick<BlockJob, "width" | "height">,
): { start: number; isTopDown: boolean } {
  if (data.length < HEADER_BYTES || data[0] !== 0x42 || data[1] !== 0x4d) {
    throw damaged("its BMP data have no header");
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getInt32(18, true);
  const rows = view.getInt32(22, true);
  const bits = view.getUint16(28, true);
  if (bits !== 24 || view.getUint32(30, true) !== 0) {
    throw damaged(
      `its BMP data must be uncompressed and of 24 bits, and have ${bits}`,
    );
  }
  if (width !== job.width || Math.abs(rows) !== job.height) {
    throw damaged(
      `its BMP data are ${width}×${rows}, but the page says ${job.width}×${job.height}`,
    );
  }
  return { start: view.getUint32(10, true), isTopDown: rows < 0 };
}

function damaged(reason: string): Error {
  return cannot("decode a block", reason, { kind: SyntaxError });
}
