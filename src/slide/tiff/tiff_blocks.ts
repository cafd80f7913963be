import { cannot } from "../../errors/cannot.ts";
import { blockFormat, type FormatOptions } from "../block_format.ts";
import { type BlockSource, gridPieces } from "../blocks.ts";
import type { ByteRange } from "../byte_source.ts";
import type { BlockJob } from "../codecs/block_job.ts";
import { codecOf } from "../codecs/codecs.ts";
import { ycbcrBytes } from "../codecs/to_rgb.ts";
import { readRows } from "./read_rows.ts";
import type { BlockTable, TiffPage } from "./tiff_page.ts";

/** Uncompressed strips are cut into blocks of this many pixels, so that a wide slide's rows are not read whole. */
const CUT = { width: 1024, height: 256 };

/** Bytes that contain the header of a block: usually, and at most. */
const HEAD_BYTES = [1 << 11, 1 << 16];

/**
 * Opens the blocks of one page, or of three grayscale pages that are red, green and blue: its tiles or strips.
 *
 * @throws {RangeError} If the file lists fewer blocks than the picture has.
 * @throws {SyntaxError} If blocks lie beyond the file, or their encoding is not supported.
 */
export async function openTiffBlocks(
  picture: readonly TiffPage[],
  options: FormatOptions,
): Promise<BlockSource> {
  const [page] = picture;
  const format = blockFormat(picture, options);
  const planes = page.planar ? page.samples : 1;
  const columns = Math.ceil(page.width / page.blockWidth);
  const count = columns * Math.ceil(page.height / page.blockHeight);
  const tables: BlockTable[] = [];
  for (const each of picture) {
    const table = await each.loadTable();
    checkTable(table, { page: each, count: planes * count });
    tables.push(table);
  }
  // Spare planes are not read.
  const one = options.sample !== undefined;
  const planesRead = page.planar && !one
    ? format.colors + (format.alpha === "none" ? 0 : 1)
    : 1;
  const firstPlane = page.planar && one ? options.sample : 0;
  if (!page.tiled && page.compression === 1 && page.photometric !== 6) {
    const planes = { planesRead, firstPlane };
    return cutStrips(picture, { format, tables, count, ...planes });
  }
  const { blockWidth, blockHeight } = page;
  const jobOf = (block: number) =>
    jobAt(page, { format, columns, block, blockWidth, blockHeight });

  /** Where the bytes of a block are in the file, for each part; `undefined` for parts that are missing. */
  function partsOf(block: number): (ByteRange | undefined)[] {
    const { height } = jobOf(block);
    const bytes = page.compression === 1 ? rawBytes(page, height) : undefined;
    return tables.flatMap(({ offsets, byteCounts }) =>
      Array.from({ length: planesRead }, (_, plane) => {
        const i = (firstPlane + plane) * count + block;
        const length = bytes ?? byteCounts[i];
        return length === 0 || offsets[i] === 0
          ? undefined
          : { offset: offsets[i], length };
      })
    );
  }

  await checkCorners(page, {
    blocks: [0, columns - 1, count - columns, count - 1],
    jobOf,
    rangeOf: (block) => partsOf(block)[0],
  });
  return {
    blockWidth,
    blockHeight,
    *piecesIn(region) {
      for (
        const piece of gridPieces({ columns, blockWidth, blockHeight }, region)
      ) {
        if (partsOf(piece.block).some((part) => part)) yield piece;
      }
    },
    prefetch(blocks): void {
      const parts = blocks.map(partsOf);
      picture.forEach(({ source }, i) =>
        source.prefetch?.(
          Array.from({ length: planesRead }, (_, plane) =>
            parts.flatMap((part) =>
              part[i * planesRead + plane] ?? []
            )).flat(),
        )
      );
    },
    async load(block) {
      const parts = await Promise.all(
        partsOf(block).map((range, i) => {
          const { source } = picture[Math.floor(i / planesRead)];
          return range && source.read(range.offset, range.length);
        }),
      );
      return { ...jobOf(block), parts };
    },
  };
}

/** A block's job; its bytes are added when they are read. */
function jobAt(
  page: Pick<TiffPage, "width" | "height">,
  { format, columns, block, blockWidth, blockHeight }: {
    readonly format: BlockJob["format"];
    readonly columns: number;
    readonly block: number;
    readonly blockWidth: number;
    readonly blockHeight: number;
  },
): Omit<BlockJob, "parts"> {
  const column = block % columns;
  const row = (block - column) / columns;
  return {
    format,
    width: blockWidth,
    within: Math.min(blockWidth, page.width - column * blockWidth),
    height: Math.min(blockHeight, page.height - row * blockHeight),
    maxHeight: blockHeight,
  };
}

/** Compares the headers of the blocks in the corners with the page: those at the edges may be of another size. */
async function checkCorners(
  { compression, source }: TiffPage,
  { blocks, jobOf, rangeOf }: {
    readonly blocks: readonly number[];
    readonly jobOf: (block: number) => Omit<BlockJob, "parts">;
    readonly rangeOf: (block: number) => ByteRange | undefined;
  },
): Promise<void> {
  const codec = codecOf(compression);
  const checkHead = codec && "decode" in codec ? codec.checkHead : undefined;
  if (!checkHead) return;
  await Promise.all([...new Set(blocks)].map(async (block) => {
    const range = rangeOf(block);
    if (!range) return;
    for (const length of HEAD_BYTES) {
      const head = await source.read(
        range.offset,
        Math.min(length, range.length),
      );
      if (checkHead(head, jobOf(block)) || length >= range.length) return;
    }
  }));
}

/** The blocks of uncompressed strips: rectangles of them, read row by row. */
function cutStrips(
  picture: readonly TiffPage[],
  { format, tables, count, planesRead, firstPlane }: {
    readonly format: BlockJob["format"];
    readonly tables: readonly BlockTable[];
    /** Strips of a plane. */
    readonly count: number;
    readonly planesRead: number;
    readonly firstPlane: number;
  },
): BlockSource {
  const [page] = picture;
  const blockWidth = Math.min(page.width, CUT.width);
  const blockHeight = Math.min(page.height, CUT.height);
  const columns = Math.ceil(page.width / blockWidth);
  const pixelBits = (page.planar ? 1 : page.samples) * page.bits[0];
  const outBytes = Math.ceil(blockWidth * pixelBits / 8);
  const rowBytes = Math.ceil(page.width * pixelBits / 8);

  async function readPart(part: number, block: number) {
    const { within, height } = jobAt(page, {
      format,
      columns,
      block,
      blockWidth,
      blockHeight,
    });
    const { offsets } = tables[Math.floor(part / planesRead)];
    const first = (firstPlane + part % planesRead) * count;
    const [column, top] = [
      block % columns,
      Math.floor(block / columns) * blockHeight,
    ];
    const out = new Uint8Array(outBytes * height);
    await readRows(picture[Math.floor(part / planesRead)].source, {
      height,
      rowBytes: Math.ceil(within! * pixelBits / 8),
      offsetOf: (i) => {
        const strip = Math.floor((top + i) / page.blockHeight);
        // A cut begins at a whole byte, whatever a pixel's bits: its width is a multiple of 8.
        return offsets[first + strip] +
          (top + i - strip * page.blockHeight) * rowBytes +
          column * blockWidth * pixelBits / 8;
      },
      write: (i, bytes) => out.set(bytes, i * outBytes),
    });
    return out;
  }

  return {
    blockWidth,
    blockHeight,
    isCheap: true,
    piecesIn: (region) =>
      gridPieces({ columns, blockWidth, blockHeight }, region),
    async load(block) {
      const parts = await Promise.all(
        Array.from(
          { length: picture.length * planesRead },
          (_, part) => readPart(part, block),
        ),
      );
      return {
        ...jobAt(page, { format, columns, block, blockWidth, blockHeight }),
        parts,
      };
    },
  };
}

/** How many blocks of a page are missing from the file. */
export async function countMissing(page: TiffPage): Promise<number> {
  const { offsets, byteCounts } = await page.loadTable();
  let missing = 0;
  for (let i = 0; i < offsets.length; i++) {
    if (offsets[i] === 0 || byteCounts[i] === 0) missing++;
  }
  return missing;
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
