import { BlockCache, type BlockLoan, type BlockUse } from "./block_cache.ts";
import type { BlockReader } from "./block_reader.ts";
import type { ByteSource } from "./byte_source.ts";
import { DecodePool } from "./decode_pool.ts";
import type { Picture, SlideLayout } from "./formats/layout.ts";
import {
  type OpenedFile,
  openLevels,
  openSlideFile,
} from "./open_slide_file.ts";
import { orientSlide } from "./orient_slide.ts";
import { restateError } from "./restate_error.ts";
import {
  checkRegion,
  type ReadRegionOptions,
  type Region,
  type Slide,
  type SlideLevel,
} from "./slide.ts";
import type { TiffPage } from "./tiff_page.ts";

/** Blocks of one region in progress: per thread, and at least. */
const BLOCKS_A_THREAD = 4;
const CONCURRENCY = 8;

/** Options for {@linkcode TiffSlide.open}. */
export interface TiffSlideOptions {
  readonly name: string;
  /** The file's name with its extension: it tells formats apart where contents cannot. */
  readonly fileName?: string;
  readonly mpp?: { x: number; y: number };
  readonly page?: number;
  readonly sampleRange?: readonly [min: number, max: number];
  /** Reads it as a mask, which `openMask()` makes sense of; gets the page of its finest level. */
  readonly mask?: (page: TiffPage) => void;
  /** Gets the layout of the file, as far as its levels can be read. */
  readonly onLayout?: (layout: SlideLayout) => void;
  readonly cacheBytes?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** A slide in a TIFF file, or another file of pages. */
export class TiffSlide implements Slide {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly mpp?: { readonly x: number; readonly y: number };
  readonly objectivePower?: number;
  readonly levels: readonly SlideLevel[];
  readonly format: string;
  readonly warnings: readonly string[];
  readonly version?: string;
  #source: ByteSource;
  #readers: readonly BlockReader[];
  #cache: BlockCache;
  #decoding: ReturnType<typeof DecodePool.join>;
  #closed = false;

  private constructor(
    { layout, readers, decoding, format, ...options }:
      & Pick<OpenedFile, "layout" | "format">
      & Omit<TiffSlideOptions, "threads">
      & {
        source: ByteSource;
        readers: readonly BlockReader[];
        decoding: ReturnType<typeof DecodePool.join>;
      },
  ) {
    const { mpp = layout.mpp } = options;
    const [main] = layout.levels;
    this.name = options.name;
    this.width = main.width;
    this.height = main.height;
    this.mpp = mpp && { x: mpp.x, y: mpp.y };
    this.objectivePower = layout.objectivePower?.value;
    this.levels = layout.levels.map(({ width, height, downsample }) => ({
      width,
      height,
      downsample,
    }));
    this.format = format;
    this.warnings = layout.warnings ?? [];
    this.version = options.source.version;
    this.#source = options.source;
    this.#readers = readers;
    this.#cache = new BlockCache(
      options.cacheBytes ?? usualCache(main.picture),
    );
    this.#decoding = decoding;
  }

  /** Reads the directories and checks that all levels can be read. */
  static async open(
    source: ByteSource,
    options: TiffSlideOptions,
  ): Promise<Slide> {
    const decoding = DecodePool.join(options.threads);
    try {
      const file = await openSlideFile(source, options);
      const isMask = options.mask !== undefined;
      const { readers, layout } = await openLevels(file, {
        pool: decoding.pool,
        isMask,
      });
      const slide = new TiffSlide({
        ...options,
        ...file,
        layout,
        source,
        readers,
        decoding,
      });
      options.onLayout?.(layout);
      const [page] = layout.levels[0].picture;
      const isFloat = page.formats[0] === 3;
      if (isFloat && !file.range && !isMask) await probe(slide);
      return orientSlide(slide, page.orientation);
    } catch (error) {
      decoding[Symbol.dispose]();
      throw error;
    }
  }

  async readRegion(
    region: Region,
    options: ReadRegionOptions = {},
  ): Promise<Uint8Array> {
    const { level = 0, fill = 255, keepFrom = -Infinity, into, signal } =
      options;
    if (this.#closed) {
      throw new TypeError(`Cannot read slide ${this.name} as it was closed`);
    }
    checkRegion(region, { level, fill, slide: this });
    signal?.throwIfAborted();
    const { x, y, width, height } = region;
    const size = this.levels[level];
    const [left, top] = [Math.max(x, 0), Math.max(y, 0)];
    const [right, bottom] = [
      Math.min(x + width, size.width),
      Math.min(y + height, size.height),
    ];
    const bytes = width * height * 3;
    if (into && into.length !== bytes) {
      throw new RangeError(
        `Cannot read slide ${this.name} as the region takes ${bytes} bytes: received an array of ${into.length}`,
      );
    }
    const pixels = into ?? new Uint8Array(bytes);
    const inside = right - left === width && bottom - top === height;
    if (!inside) pixels.fill(fill);
    if (left >= right || top >= bottom) return pixels;

    const reader = this.#readers[level];
    const { blockWidth, blockHeight } = reader;
    const blocks: [number, number][] = [];
    for (
      let row = Math.floor(top / blockHeight);
      row * blockHeight < bottom;
      row++
    ) {
      for (
        let column = Math.floor(left / blockWidth);
        column * blockWidth < right;
        column++
      ) {
        blocks.push([column, row]);
      }
    }
    reader.prefetch(
      blocks.filter(([column, row]) =>
        !this.#cache.has(`${level}/${column}/${row}`)
      ),
    );
    // Tiles overlap as far to the right as downward.
    const nextLeft = x + width - (y + height - keepFrom);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < blocks.length) {
        signal?.throwIfAborted();
        const [column, row] = blocks[next++];
        using loan = await this.#readBlock(reader, {
          level,
          column,
          row,
          rank: (row + 1) * blockHeight > keepFrom
            ? 2
            : (column + 1) * blockWidth > nextLeft
            ? 1
            : 0,
          signal,
        });
        const [blockX, blockY] = [column * blockWidth, row * blockHeight];
        const [from, to] = [
          Math.max(left, blockX),
          Math.min(right, blockX + blockWidth),
        ];
        const end = Math.min(bottom, blockY + blockHeight);
        for (let line = Math.max(top, blockY); line < end; line++) {
          const at = ((line - blockY) * blockWidth + from - blockX) * 3;
          const bytes = loan.block.subarray(at, at + (to - from) * 3);
          pixels.set(bytes, ((line - y) * width + from - x) * 3);
        }
      }
    };
    const { size: threads } = this.#decoding.pool;
    const most = Math.max(CONCURRENCY, threads * BLOCKS_A_THREAD);
    const workers = Array.from({ length: most }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      next = blocks.length;
      await Promise.allSettled(workers); // Nothing of this read outlives it.
      throw error;
    }
    signal?.throwIfAborted();
    return pixels;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#cache.clear();
    this.#decoding[Symbol.dispose]();
    await this.#source.close();
  }

  async #readBlock(
    reader: BlockReader,
    { level, column, row, ...use }: BlockUse & {
      level: number;
      column: number;
      row: number;
    },
  ): Promise<BlockLoan> {
    const key = `${level}/${column}/${row}`;
    try {
      return await this.#cache.get(
        key,
        (signal) => reader.read(column, row, signal),
        use,
      );
    } catch (cause) {
      use.signal?.throwIfAborted();
      throw restateError(
        cause,
        `Cannot read block ${column}, ${row} of slide ${this.name} at level ${level}`,
      );
    }
  }
}

/** Reads samples at a few positions, so that floats outside 0 to 1 are found when a slide is opened. */
async function probe(slide: Slide): Promise<void> {
  for (const [across, down] of [[1, 1], [1, 3], [2, 2], [3, 1], [3, 3]]) {
    const [x, y] = [slide.width * across / 4, slide.height * down / 4];
    await slide.readRegion({
      x: Math.floor(x),
      y: Math.floor(y),
      width: 16,
      height: 16,
    }).catch((error) => {
      throw error.cause ?? error; // where it is wrong matters less than that it is
    });
  }
}

/**
 * Enough for the blocks that a row of the usual tiles (1280 px, 256 of them expansion, at a downsample of 2) shares with the
 * next, and for some that neighbors in the row share.
 */
export function usualCache([page]: Picture): number {
  const least = 48 * 2 ** 20;
  if (!page.tiled && page.compression === 1) return least;
  const { width, height, blockWidth, blockHeight } = page;
  // Wherever they begin in a block; a strip may be as tall as the slide.
  const most = (pixels: number, block: number) =>
    (Math.ceil(pixels / block) + 1) * block;
  const rows = (pixels: number) => Math.min(height, most(pixels, blockHeight));
  const shared = Math.min(width, most(512, blockWidth)) * rows(2560);
  return Math.min(2 ** 30, Math.max(least, 3 * (width * rows(512) + shared)));
}
