import { BlockCache, type BlockLoan, type BlockUse } from "./block_cache.ts";
import { type BlockReader, openBlocks } from "./block_reader.ts";
import type { ByteSource } from "./byte_source.ts";
import { checkPage } from "./check_page.ts";
import { checkRegion } from "./check_region.ts";
import { chooseLevels, type Picture } from "./choose_levels.ts";
import { DecodePool } from "./decode_pool.ts";
import { orientSlide } from "./orient_slide.ts";
import { readMpp } from "./read_mpp.ts";
import { readObjectivePower } from "./read_objective_power.ts";
import { readPages } from "./read_pages.ts";
import { restateError } from "./restate_error.ts";
import type { ReadRegionOptions, Region, Slide, SlideLevel } from "./slide.ts";
import type { TiffPage } from "./tiff_page.ts";

/** Blocks of one region that are read and decoded at a time: for each thread, and at least. */
const BLOCKS_A_THREAD = 4;
const CONCURRENCY = 8;

/** A slide in a TIFF file. */
export class TiffSlide implements Slide {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly mpp?: { readonly x: number; readonly y: number };
  readonly objectivePower?: number;
  readonly levels: readonly SlideLevel[];
  readonly version?: string;
  #source: ByteSource;
  #pictures: readonly Picture[];
  #readers: (Promise<BlockReader> | undefined)[] = [];
  #cache: BlockCache;
  #decoding: ReturnType<typeof DecodePool.join>;
  #closed = false;
  #mask: boolean;

  private constructor(
    pictures: readonly Picture[],
    options: {
      name: string;
      source: ByteSource;
      cacheBytes: number;
      threads?: number;
      mpp?: { x: number; y: number };
      objectivePower?: number;
      mask: boolean;
    },
  ) {
    const [main] = pictures[0];
    this.name = options.name;
    this.width = main.width;
    this.height = main.height;
    this.mpp = options.mpp;
    this.objectivePower = options.objectivePower;
    this.levels = pictures.map(([{ width, height }]) => ({
      width,
      height,
      downsample: downsampleOf(main, { width, height }),
    }));
    this.version = options.source.version;
    this.#mask = options.mask;
    this.#source = options.source;
    this.#pictures = pictures;
    this.#cache = new BlockCache(options.cacheBytes);
    this.#decoding = DecodePool.join(options.threads);
  }

  /** Reads the directories and checks that the finest level can be read. */
  static async open(
    source: ByteSource,
    options: {
      name: string;
      mpp?: { x: number; y: number };
      cacheBytes?: number;
      threads?: number;
      /** Reads it as a mask, which `openMask()` makes sense of; gets the page of its finest level. */
      mask?: (page: TiffPage) => void;
      signal?: AbortSignal;
    },
  ): Promise<Slide> {
    const pages = await readPages(source, options);
    const [main, ...reduced] = chooseLevels(pages);
    const mask = options.mask !== undefined;
    main.forEach((page) => checkPage(page, { mask }));
    options.mask?.(main[0]);
    const pictures = [
      main,
      ...reduced.filter((picture) =>
        picture.every((page) => isReadable(page, mask))
      ),
    ];
    const mpp = options.mpp ?? readMpp(main[0]) ?? readMpp(pages[0]);
    const objectivePower = readObjectivePower(main[0]) ??
      readObjectivePower(pages[0]);
    const slide = new TiffSlide(pictures, {
      name: options.name,
      source,
      cacheBytes: options.cacheBytes ?? usualCache(main),
      threads: options.threads,
      mpp,
      objectivePower,
      mask,
    });
    try {
      await slide.#reader(0);
    } catch (error) {
      slide.#decoding[Symbol.dispose]();
      throw error;
    }
    return orientSlide(slide, main[0].orientation);
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

    const reader = await this.#reader(level).catch((cause) => {
      throw restateError(
        cause,
        `Cannot read level ${level} of slide ${this.name}`,
      );
    });
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
    // Tiles overlap as far to the right as downwards.
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

  #reader(level: number): Promise<BlockReader> {
    return this.#readers[level] ??= openBlocks(
      this.#pictures[level],
      this.#decoding.pool,
      { mask: this.#mask },
    );
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

/** Writers of pyramids round the sizes of levels; the factor that they shrank by is whole. */
function downsampleOf(
  main: { width: number; height: number },
  { width, height }: { width: number; height: number },
): number {
  const ratio = main.width / width;
  const whole = Math.round(ratio);
  const fits = Math.abs(main.width / whole - width) < 1 &&
    Math.abs(main.height / whole - height) < 1;
  return fits ? whole : ratio;
}

/**
 * Enough for the blocks that a row of the usual tiles (1280 px, 256 of them expansion, at a downsample of 2) shares with the
 * next, and for some that neighbours in the row share.
 */
function usualCache([page]: Picture): number {
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

function isReadable(page: TiffPage, mask: boolean): boolean {
  try {
    checkPage(page, { mask });
    return true;
  } catch {
    return false; // A reduced copy is a convenience: without it the slide still opens.
  }
}
