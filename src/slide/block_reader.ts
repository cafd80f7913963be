import type { ByteSource } from "./byte_source.ts";
import type { Picture } from "./choose_levels.ts";
import { decodeDeflate } from "./decode_deflate.ts";
import { decodeJpeg } from "./decode_jpeg.ts";
import { decodeLzw } from "./decode_lzw.ts";
import { decodePackBits } from "./decode_pack_bits.ts";
import { readRows } from "./read_rows.ts";
import type { BlockTable, TiffPage } from "./tiff_page.ts";
import { toRgb } from "./to_rgb.ts";

/** Uncompressed strips are cut into blocks of this many pixels, so that a wide slide's rows are not read whole. */
const CUT = { width: 1024, height: 256 };
/** The most that each scheme can shrink: fewer bytes than that are a truncated block, known before decoding. */
const MAX_RATIO: { readonly [compression: number]: number } = {
  5: 4096,
  8: 1040,
  32946: 1040,
  32773: 64,
};

/** The pixels of one resolution, block by block. */
export interface BlockReader {
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** Reads a block as RGB: `blockWidth` pixels a row, and the rows that lie within the picture. */
  read(column: number, row: number): Promise<Uint8Array>;
}

/**
 * Makes the reader of one resolution.
 *
 * @throws {RangeError} If the file lists fewer blocks than the picture has.
 */
export async function openBlocks(
  picture: Picture,
  source: ByteSource,
): Promise<BlockReader> {
  const [page] = picture;
  const cut = !page.tiled && page.compression === 1;
  const blockWidth = cut ? Math.min(page.width, CUT.width) : page.blockWidth;
  const blockHeight = cut
    ? Math.min(page.height, CUT.height)
    : page.blockHeight;
  const planes = page.planar ? page.samples : 1;
  const columns = Math.ceil(page.width / page.blockWidth);
  const rows = Math.ceil(page.height / page.blockHeight);
  const tables: BlockTable[] = [];
  for (const each of picture) {
    const table = await each.loadTable();
    checkTable(table, {
      page: each,
      count: planes * rows * columns,
      size: source.size,
    });
    tables.push(table);
  }

  async function readPart(
    part: number,
    column: number,
    row: number,
  ): Promise<Uint8Array> {
    const [index, plane] = picture.length > 1 ? [part, 0] : [0, part];
    const place = {
      page: picture[index],
      table: tables[index],
      source,
      blockHeight,
      columns,
    };
    const first = plane * rows * columns;
    return cut
      ? await readCut({ ...place, first, blockWidth }, column, row)
      : await readWhole(place, first + row * columns + column, row);
  }

  return {
    blockWidth,
    blockHeight,
    async read(column: number, row: number): Promise<Uint8Array> {
      const count = picture.length > 1 ? picture.length : planes;
      const parts = await Promise.all(
        Array.from({ length: count }, (_, part) => readPart(part, column, row)),
      );
      return toRgb(parts, picture);
    },
  };
}

/** Checks that a page's blocks lie in the file: a truncated one is better found now than after an hour. */
function checkTable(
  { offsets, byteCounts }: BlockTable,
  { page, count, size }: { page: TiffPage; count: number; size: number },
): void {
  // Spare entries are harmless, unless a plane's blocks are found by counting past another's.
  const fits = page.planar ? offsets.length === count : offsets.length >= count;
  if (!fits || (page.compression !== 1 && byteCounts.length < count)) {
    throw new RangeError(
      `its picture has ${count} blocks: received ${offsets.length} offsets and ${byteCounts.length} byte counts`,
    );
  }
  const rows = Math.ceil(page.height / page.blockHeight);
  const lastRows = page.height - (rows - 1) * page.blockHeight;
  const rowBytes = page.blockWidth * (page.planar ? 1 : page.samples);
  for (let i = 0; i < count; i++) {
    const isLastStrip = !page.tiled && i % rows === rows - 1;
    const bytes = page.compression === 1
      ? rowBytes * (isLastStrip ? lastRows : page.blockHeight)
      : byteCounts[i];
    if (offsets[i] === 0 || offsets[i] + bytes <= size) continue;
    throw new SyntaxError(
      `it is truncated: block ${i} ends at byte ${
        offsets[i] + bytes
      }, the file at ${size}`,
    );
  }
}

interface Place {
  page: TiffPage;
  table: BlockTable;
  source: ByteSource;
  blockHeight: number;
  columns: number;
}

/** Rows of a block that lie within the picture. */
function rowsWithin({ page, blockHeight }: Place, row: number): number {
  return Math.min(blockHeight, page.height - row * blockHeight);
}

/** Reads a rectangle of an uncompressed striped picture. */
async function readCut(
  place: Place & { first: number; blockWidth: number },
  column: number,
  row: number,
): Promise<Uint8Array> {
  const { page, table, source, first, blockWidth, blockHeight } = place;
  const pixelBytes = page.planar ? 1 : page.samples;
  const width = Math.min(blockWidth, page.width - column * blockWidth);
  const height = rowsWithin(place, row);
  const out = new Uint8Array(blockWidth * pixelBytes * height);
  await readRows(source, {
    height,
    rowBytes: width * pixelBytes,
    offsetOf: (i) => {
      const y = row * blockHeight + i;
      const strip = Math.floor(y / page.blockHeight);
      return table.offsets[first + strip] +
        ((y - strip * page.blockHeight) * page.width + column * blockWidth) *
          pixelBytes;
    },
    write: (i, bytes) => out.set(bytes, i * blockWidth * pixelBytes),
  });
  return out;
}

/** Reads and decodes one block of the file. */
async function readWhole(
  place: Place,
  index: number,
  row: number,
): Promise<Uint8Array> {
  const { page, table, source, blockHeight } = place;
  const pixelBytes = page.planar ? 1 : page.samples;
  const height = rowsWithin(place, row);
  const rowBytes = page.blockWidth * pixelBytes;
  const length = rowBytes * height;
  const offset = table.offsets[index];
  const byteCount = page.compression === 1 ? length : table.byteCounts[index];
  // Scanners leave out blocks of bare glass.
  if (offset === 0 || byteCount === 0) {
    return new Uint8Array(length).fill(page.photometric === 0 ? 0 : 255);
  }
  const ratio = MAX_RATIO[page.compression];
  if (ratio && length > byteCount * ratio) {
    throw new SyntaxError(
      `block ${index} has ${byteCount} bytes for ${length}`,
    );
  }
  const data = await source.read(offset, byteCount);
  const samples = await decode(data, { page, length, height, blockHeight });
  if (samples.length < length) {
    throw new SyntaxError(
      `block ${index} ends after ${samples.length} of ${length} bytes`,
    );
  }
  return isDifferenced(page) ? undo(samples, rowBytes, pixelBytes) : samples;
}

async function decode(
  data: Uint8Array<ArrayBuffer>,
  { page, length, height, blockHeight }: {
    page: TiffPage;
    length: number;
    height: number;
    blockHeight: number;
  },
): Promise<Uint8Array> {
  switch (page.compression) {
    case 1:
      return data;
    case 5:
      return decodeLzw(data, length);
    case 32773:
      return decodePackBits(data, length);
    case 7:
      return await decodeJpeg(data, {
        tables: page.jpegTables,
        width: page.blockWidth,
        height: page.tiled ? blockHeight : height,
        maxHeight: blockHeight,
        samples: page.planar ? 1 : page.samples,
        ycbcr: page.photometric === 6,
      });
    default:
      return await decodeDeflate(data, length);
  }
}

/** Predictors belong to LZW and deflate; elsewhere the tag is ignored, as libtiff does. */
function isDifferenced({ predictor, compression }: TiffPage): boolean {
  return predictor === 2 && [5, 8, 32946].includes(compression);
}

/** Undoes horizontal differencing (predictor 2) in place. */
function undo(samples: Uint8Array, rowBytes: number, step: number): Uint8Array {
  for (let start = 0; start < samples.length; start += rowBytes) {
    const end = Math.min(start + rowBytes, samples.length);
    for (let i = start + step; i < end; i++) samples[i] += samples[i - step];
  }
  return samples;
}
