import { cannot } from "../errors/cannot.ts";
import { blockFormat } from "./block_format.ts";
import type { BlockJob } from "./codecs/block_job.ts";
import { codecOf } from "./codecs/codecs.ts";
import { ycbcrBytes } from "./codecs/to_rgb.ts";
import type { DecodePool } from "./decode_pool.ts";
import type { Picture } from "./formats/layout.ts";
import { readRows } from "./orient_slide.ts";
import type { BlockTable, TiffPage } from "./tiff_page.ts";

/** Uncompressed strips are cut into blocks of this many pixels, so that a wide slide's rows are not read whole. */
const CUT = { width: 1024, height: 256 };

/** Bytes that contain the header of a block: usually, and at most. */
const HEAD_BYTES = [1 << 11, 1 << 16];

/** The pixels of one resolution, block by block. */
export interface BlockReader {
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** Reads a block as RGB: `blockWidth` pixels per row, and the rows that lie within the picture. */
  read(column: number, row: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Announces blocks that will be read soon. */
  prefetch(blocks: readonly (readonly [column: number, row: number])[]): void;
}

/**
 * Makes the reader of one resolution.
 *
 * @param options.range The values of black and white, if they are not those of the sample type.
 * @throws {RangeError} If the file lists fewer blocks than the picture has.
 * @throws {SyntaxError} If blocks lie beyond the file, or are with an unsupported encoding.
 */
export async function openBlocks(
  picture: Picture,
  { pool, ...options }: {
    readonly pool: DecodePool;
    readonly range?: readonly [min: number, max: number];
    readonly mask?: boolean;
  },
): Promise<BlockReader> {
  const [page] = picture;
  const format = blockFormat(picture, options);
  const cut = !page.tiled && page.compression === 1 && page.photometric !== 6;
  const blockWidth = cut ? Math.min(page.width, CUT.width) : page.blockWidth;
  const blockHeight = cut
    ? Math.min(page.height, CUT.height)
    : page.blockHeight;
  const planes = page.planar ? page.samples : 1;
  const columns = Math.ceil(page.width / page.blockWidth);
  const rows = Math.ceil(page.height / page.blockHeight);
  // Spare planes are not read.
  const parts = picture.length > 1
    ? picture.length
    : page.planar
    ? format.colors + (format.alpha === "none" ? 0 : 1)
    : 1;
  const tables: BlockTable[] = [];
  for (const each of picture) {
    const table = await each.loadTable();
    checkTable(table, { page: each, count: planes * rows * columns });
    tables.push(table);
  }

  const blockAt = (column: number, row: number) => ({
    format,
    width: blockWidth,
    within: Math.min(blockWidth, page.width - column * blockWidth),
    height: rowsWithin({ page, blockHeight }, row),
    maxHeight: blockHeight,
  });

  /** Looks at the headers of the blocks in the corners: those at the edges may be of another size. */
  async function checkCorners(): Promise<void> {
    const codec = codecOf(page.compression);
    const checkHead = codec && "decode" in codec ? codec.checkHead : undefined;
    if (!checkHead) return;
    const corners = [0, columns - 1, (rows - 1) * columns, rows * columns - 1];
    await Promise.all([...new Set(corners)].map(async (index) => {
      const offset = tables[0].offsets[index];
      const byteCount = tables[0].byteCounts[index] ?? 0;
      if (byteCount === 0 || (offset === 0 && !page.isWholeFile)) return;
      const block = blockAt(index % columns, Math.floor(index / columns));
      for (const length of HEAD_BYTES) {
        const head = await page.source.read(
          offset,
          Math.min(length, byteCount),
        );
        if (checkHead(head, block) || length >= byteCount) return;
      }
    }));
  }

  async function readPart(
    part: number,
    column: number,
    row: number,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const [index, plane] = picture.length > 1 ? [part, 0] : [0, part];
    const place = { page: picture[index], table: tables[index], blockHeight };
    const first = plane * rows * columns;
    return cut
      ? await readCut({ ...place, first, blockWidth }, column, row)
      : await readWhole(place, first + row * columns + column, row);
  }

  await checkCorners();
  return {
    blockWidth,
    blockHeight,
    prefetch(blocks): void {
      if (cut) return; // rows are read together as they are
      picture.forEach(({ source }, i) => {
        const { offsets, byteCounts } = tables[i];
        const planesRead = picture.length > 1 ? 1 : parts;
        source.prefetch?.(
          Array.from(
            { length: planesRead },
            (_, plane) =>
              blocks.map(([column, row]) => {
                const block = (plane * rows + row) * columns + column;
                return {
                  offset: offsets[block],
                  length: byteCounts[block] ?? 0,
                };
              }),
          ).flat(),
        );
      });
    },
    async read(
      column: number,
      row: number,
      signal?: AbortSignal,
    ): Promise<Uint8Array> {
      const block = blockAt(column, row);
      const bytes = blockWidth * block.height * (3 + parts * format.samples);
      using _ = await pool.budget.take({ weight: bytes, signal });
      const job: BlockJob = {
        ...block,
        parts: await Promise.all(
          Array.from({ length: parts }, (_, i) => readPart(i, column, row)),
        ),
      };
      return await pool.decode(job, signal);
    },
  };
}

/** Checks that a page's blocks are within the file, so that a truncated file is found before the run. */
function checkTable(
  { offsets, byteCounts }: BlockTable,
  { page, count }: { page: TiffPage; count: number },
): void {
  // Spare entries are harmless, unless a plane's blocks are found by counting past another's.
  const fits = page.planar ? offsets.length === count : offsets.length >= count;
  if (!fits || (page.compression !== 1 && byteCounts.length < count)) {
    throw cannot(
      "find the blocks of a page",
      `its picture has ${count} blocks, but the file lists ${offsets.length} offsets and ${byteCounts.length} byte counts`,
      { kind: RangeError },
    );
  }
  const { size } = page.source;
  const rows = Math.ceil(page.height / page.blockHeight);
  const lastRows = page.height - (rows - 1) * page.blockHeight;
  for (let i = 0; i < count; i++) {
    const isLastStrip = !page.tiled && i % rows === rows - 1;
    const bytes = page.compression === 1
      ? rawBytes(page, isLastStrip ? lastRows : page.blockHeight)
      : byteCounts[i];
    if (offsets[i] === 0 || offsets[i] + bytes <= size) continue;
    throw cannot(
      "find the blocks of a page",
      `it is truncated: block ${i} ends at byte ${
        offsets[i] + bytes
      }, but the file at ${size}`,
      { kind: SyntaxError },
    );
  }
}

/** Bytes of so many rows of an uncompressed block. */
function rawBytes(page: TiffPage, height: number): number {
  const { blockWidth, samples, bits, planar, photometric, subsampling } = page;
  if (photometric === 6) {
    return ycbcrBytes({ format: { subsampling }, width: blockWidth, height });
  }
  return Math.ceil(blockWidth * (planar ? 1 : samples) * bits[0] / 8) * height;
}

interface Place {
  page: TiffPage;
  table: BlockTable;
  blockHeight: number;
}

/** Rows of a block that lie within the picture. */
function rowsWithin(
  { page, blockHeight }: { page: TiffPage; blockHeight: number },
  row: number,
): number {
  return Math.min(blockHeight, page.height - row * blockHeight);
}

/** Reads a rectangle of an uncompressed striped picture. */
async function readCut(
  place: Place & { first: number; blockWidth: number },
  column: number,
  row: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { page, table, first, blockWidth, blockHeight } = place;
  const pixelBits = (page.planar ? 1 : page.samples) * page.bits[0];
  const width = Math.min(blockWidth, page.width - column * blockWidth);
  const height = rowsWithin(place, row);
  const outBytes = Math.ceil(blockWidth * pixelBits / 8);
  const rowBytes = Math.ceil(page.width * pixelBits / 8);
  const out = new Uint8Array(outBytes * height);
  await readRows(page.source, {
    height,
    rowBytes: Math.ceil(width * pixelBits / 8),
    offsetOf: (i) => {
      const y = row * blockHeight + i;
      const strip = Math.floor(y / page.blockHeight);
      // A cut begins at a whole byte, whatever a pixel's bits: its width is a multiple of 8.
      return table.offsets[first + strip] +
        (y - strip * page.blockHeight) * rowBytes +
        column * blockWidth * pixelBits / 8;
    },
    write: (i, bytes) => out.set(bytes, i * outBytes),
  });
  return out;
}

/** Reads one block of the file; `undefined` where the file leaves it out. */
async function readWhole(
  place: Place,
  index: number,
  row: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { page, table } = place;
  const offset = table.offsets[index];
  const byteCount = page.compression === 1
    ? rawBytes(page, rowsWithin(place, row))
    : table.byteCounts[index];
  if (byteCount === 0 || (offset === 0 && !page.isWholeFile)) return undefined;
  return await page.source.read(offset, byteCount);
}
