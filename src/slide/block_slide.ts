import { cannot, reasonOf } from "../errors/cannot.ts";
import { BlockCache, type BlockLoan, type BlockUse } from "./block_cache.ts";
import {
  type BlockLevel,
  type BlockSource,
  intersect,
  type Piece,
  visiblePieces,
} from "./blocks.ts";
import type { DecodePool } from "./decode_pool.ts";
import { ThreadError } from "./decode_thread.ts";
import { reduceBlocks } from "./reduce_blocks.ts";
import { type Color, paint, paintColor } from "./paint.ts";
import {
  type AssociatedImage,
  type AssociatedPixels,
  checkRegion,
  type OpenedSlide,
  type ReadAssociatedOptions,
  type ReadRegionOptions,
  type Region,
  type Slide,
  type SlideLevel,
} from "./slide.ts";

/** Blocks of one region in progress: per thread, and at least. */
const BLOCKS_A_THREAD = 8;
const CONCURRENCY = 8;

/** Bytes of blocks of a reduced level: 45 million pixels, of a slide of 54,000 pixels a side. */
const REDUCED_CACHE = 2 ** 27;

const WHITE = [255, 255, 255] as const;

/** Options for {@linkcode BlockSlide}. */
export interface BlockSlideOptions extends
  Pick<
    Slide,
    | "name"
    | "mpp"
    | "objectivePower"
    | "format"
    | "bounds"
    | "properties"
    | "warnings"
    | "version"
  > {
  /** The finest first. */
  readonly levels: readonly BlockLevel[];
  /** The color where no block lies. Default: white. */
  readonly background?: Color;
  /** The pictures beside it. Default: none. */
  readonly associated?: Pick<OpenedSlide, "associated" | "readAssociated">;
  /** Bytes of decoded blocks to keep. Default: {@linkcode usualCache} of the finest level. */
  readonly cacheBytes?: number;
  /** Where blocks are decoded. */
  readonly pool: DecodePool;
  /** Checks that the files have not changed. */
  readonly verify?: () => Promise<void>;
  /** Releases the files and the pool, when the slide is closed. */
  readonly close: () => Promise<void>;
}

/** A slide whose levels are made of blocks, whatever its format: reads them, keeps them, and paints regions from them. */
export class BlockSlide implements OpenedSlide {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly mpp?: { readonly x: number; readonly y: number };
  readonly objectivePower?: number;
  readonly levels: readonly SlideLevel[];
  readonly format?: string;
  readonly bounds?: Region;
  readonly properties?: Readonly<Record<string, string>>;
  readonly warnings?: readonly string[];
  readonly version?: string;
  readonly associated: readonly AssociatedImage[];
  readonly #sources: readonly BlockSource[];
  readonly #options: BlockSlideOptions;
  readonly #cache: BlockCache;
  readonly #background: Color;
  #closed = false;

  /** Makes a slide, which owns what `close` releases. */
  constructor(options: BlockSlideOptions) {
    const [finest] = options.levels;
    this.name = options.name;
    this.width = finest.width;
    this.height = finest.height;
    this.mpp = options.mpp && { x: options.mpp.x, y: options.mpp.y };
    this.objectivePower = options.objectivePower;
    this.levels = options.levels.map(({ width, height, downsample }) => ({
      width,
      height,
      downsample,
    }));
    this.format = options.format;
    this.bounds = options.bounds;
    this.properties = options.properties;
    this.warnings = options.warnings;
    this.version = options.version;
    this.associated = options.associated?.associated ?? [];
    this.#sources = options.levels.map(({ blocks }) => blocks);
    this.#options = options;
    this.#background = options.background ?? WHITE;
    this.#cache = new BlockCache(
      options.cacheBytes ?? usualCache(finest),
      (block) => options.pool.recycle(block),
    );
  }

  async readRegion(
    region: Region,
    options: ReadRegionOptions = {},
  ): Promise<Uint8Array> {
    const { level = 0, fill = 255, keepFrom = -Infinity, into, signal } =
      options;
    const action = `read slide "${this.name}"`;
    if (this.#closed) throw cannot(action, "it is closed", { kind: TypeError });
    checkRegion(region, { level, fill, slide: this });
    signal?.throwIfAborted();
    const { x, y, width, height } = region;
    const bytes = width * height * 3;
    if (into && into.length !== bytes) {
      throw cannot(
        action,
        `the region takes ${bytes} bytes, but into has ${into.length}`,
        { kind: RangeError },
      );
    }
    const pixels = into ?? new Uint8Array(bytes);
    const inside = intersect(region, { ...this.levels[level], x: 0, y: 0 });
    if (!inside || areaOf(inside) < areaOf(region)) pixels.fill(fill);
    if (!inside) return pixels;

    const source = this.#sources[level];
    const pieces = visiblePieces(source.piecesIn(inside), {
      region: inside,
      overlaps: source.overlaps,
    });
    const canvas = { pixels, region };
    const covered = pieces.flatMap(({ visible }) => visible)
      .reduce((sum, part) => sum + areaOf(part), 0);
    if (covered < areaOf(inside)) {
      paintColor([inside], this.#background, canvas);
    }
    const keyOf = (block: number) => `${level}/${block}`;
    const blocks = new Set(pieces.map(({ piece }) => piece.block));
    source.prefetch?.(
      [...blocks].filter((block) => !this.#cache.has(keyOf(block))),
    );
    // Tiles overlap as far to the right as downward.
    const nextLeft = x + width - (y + height - keepFrom);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < pieces.length) {
        signal?.throwIfAborted();
        const { piece, visible } = pieces[next++];
        using loan = await this.#borrow(piece, {
          level,
          rank: piece.y + piece.height > keepFrom
            ? 2
            : piece.x + piece.width > nextLeft
            ? 1
            : 0,
          signal,
        });
        if (loan.block.length === 0) {
          paintColor(visible, this.#background, canvas);
        } else paint({ piece, visible }, loan.block, canvas);
      }
    };
    const { size: threads } = this.#options.pool;
    const most = Math.max(CONCURRENCY, threads * BLOCKS_A_THREAD);
    const workers = Array.from({ length: most }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      next = pieces.length;
      await Promise.allSettled(workers); // Nothing of this read outlives it.
      throw error;
    }
    signal?.throwIfAborted();
    return pixels;
  }

  async readAssociated(
    name: string,
    options: ReadAssociatedOptions = {},
  ): Promise<AssociatedPixels> {
    const action = `read the ${name} of slide "${this.name}"`;
    if (this.#closed) throw cannot(action, "it is closed", { kind: TypeError });
    const { associated } = this.#options;
    if (associated) return await associated.readAssociated(name, options);
    throw cannot(action, "it has no pictures beside it", { kind: RangeError });
  }

  async verify(): Promise<void> {
    try {
      await this.#options.verify?.();
    } catch (cause) {
      throw cannot(`use slide "${this.name}"`, reasonOf(cause), { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cache.clear();
    await this.#options.close();
  }

  /** The coarsest level once more, at an eighth of its size, for a picture of the whole; `undefined` if that saves nothing. */
  reduced(): BlockSlide | undefined {
    const level = this.levels.length - 1;
    const blocks = this.#sources[level];
    const { mpp: _, ...options } = this.#options;
    const reduced = reduceBlocks({ ...this.levels[level], blocks });
    return reduced && new BlockSlide({
      ...options,
      levels: [{ ...reduced, downsample: 1 }],
      cacheBytes: REDUCED_CACHE,
      close: () => Promise.resolve(),
    });
  }

  /** Borrows a block from the cache, decoded to RGB; an empty one if it is missing. */
  async #borrow(
    { block, x, y }: Piece,
    { level, ...use }: BlockUse & { readonly level: number },
  ): Promise<BlockLoan> {
    try {
      return await this.#cache.get(
        `${level}/${block}`,
        (signal) => this.#load(this.#sources[level], block, signal),
        use,
      );
    } catch (cause) {
      use.signal?.throwIfAborted();
      throw cannot(
        `read block at ${x}, ${y} of level ${level} of slide "${this.name}"`,
        reasonOf(cause),
        { cause },
      );
    }
  }

  async #load(
    source: BlockSource,
    block: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { pool } = this.#options;
    // Encoded samples, and RGB.
    const weight = source.blockBytes ??
      source.blockWidth * source.blockHeight * 6;
    using _ = await pool.budget.take({ weight, signal });
    const load = async () => {
      const job = await source.load(block, signal);
      return job ? await pool.decode(job, signal) : new Uint8Array(0);
    };
    try {
      return await load();
    } catch (error) {
      if (!(error instanceof ThreadError)) throw error;
      return await load(); // once: the block itself may end threads
    }
  }
}

function areaOf({ width, height }: Region): number {
  return width * height;
}

/**
 * Enough for the blocks that a row of the usual tiles (1280 px, 256 of them expansion, at a downsample of 2) shares with the
 * next, and for some that neighbors in the row share.
 */
export function usualCache({ width, height, blocks }: BlockLevel): number {
  const least = 48 * 2 ** 20;
  if (blocks.isCheap) return least;
  const { blockWidth, blockHeight } = blocks;
  // Wherever they begin in a block; a strip may be as tall as the slide.
  const most = (pixels: number, block: number) =>
    (Math.ceil(pixels / block) + 1) * block;
  const rows = (pixels: number) => Math.min(height, most(pixels, blockHeight));
  const shared = Math.min(width, most(512, blockWidth)) * rows(2560);
  return Math.min(2 ** 30, Math.max(least, 3 * (width * rows(512) + shared)));
}
