import { cannot } from "../errors/cannot.ts";
import { MAX_TILE_BYTES } from "../io/limits.ts";
import { freeArray } from "../io/free_array.ts";
import type { Slide } from "../slide/slide.ts";
import { resampleArea } from "./area_downsample.ts";
import { isBlank } from "./is_blank.ts";
import {
  planTiles,
  type Tile,
  type TileGrid,
  type TileOptions,
  type TilePosition,
  tileSpan,
} from "./plan_tiles.ts";

/** Arrays of about one length for reuse, so that memory does not wait for the garbage collector. */
export class ArrayPool {
  readonly #free: Uint8Array[] = [];

  /** An array of this many bytes, with any content. */
  take(length: number): Uint8Array {
    for (let array = this.#free.pop(); array; array = this.#free.pop()) {
      if (array.length === length) return array;
    }
    return new Uint8Array(length);
  }

  /** Takes an array back; the caller must not use it again. */
  give(array: Uint8Array): void {
    this.#free.push(array);
  }

  /** Frees the arrays that it holds. */
  clear(): void {
    this.#free.splice(0).forEach(freeArray);
  }
}

/** How to read the tiles of a grid. */
export interface TileReading {
  /** The level to read from. */
  readonly level: number;
  /** Byte for pixels outside the slide. */
  readonly fill: number;
  /** Source of arrays to read into. Default: new arrays. */
  readonly pool?: ArrayPool;
  /** Stops the read early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Reads one expansion tile, resampled if its pixels do not span whole pixels of the level. */
export async function readTile(
  slide: Slide,
  { position, level, fill, pool, signal }: TileReading & {
    readonly position: TilePosition;
  },
): Promise<Tile> {
  const { factor, whole } = readingFactor(slide, { position, level });
  const scale = slide.levels[level]?.downsample ?? 1;
  const tileSide = position.size + position.expansion;
  const margin = position.expansion / 2 * factor;
  const [x, y] = [position.x / scale - margin, position.y / scale - margin];
  // The next row of tiles begins inside this one's lower margin.
  const keepFrom = Math.floor(y + position.size * factor);
  const options = { level, fill, keepFrom, signal };
  if (whole) {
    const side = tileSide * factor;
    const region = { x, y, width: side, height: side };
    const into = pool?.take(side * side * 3);
    const pixels = await slide.readRegion(region, { ...options, into });
    return { ...position, pixels };
  }
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const width = Math.ceil(x + tileSide * factor) - left;
  const height = Math.ceil(y + tileSide * factor) - top;
  const region = { x: left, y: top, width, height };
  const into = pool?.take(width * height * 3);
  const read = await slide.readRegion(region, { ...options, into });
  const pixels = resampleArea(
    read,
    { width, height, x: x - left, y: y - top, factor, side: tileSide },
  );
  pool?.give(read);
  return { ...position, pixels };
}

/** Pixels of the level per tile pixel, and whether all tiles of the grid consist of whole level pixels. */
export function readingFactor(
  slide: Slide,
  { position, level }: {
    readonly position: TilePosition;
    readonly level: number;
  },
): { factor: number; whole: boolean } {
  const scale = slide.levels[level]?.downsample ?? 1;
  const [span, unit] = [tileSpan(position), position.size * scale];
  return {
    factor: span / unit,
    // On levels with an integer downsample, a grid begins at whole pixels.
    whole: Number.isInteger(scale) && span % unit === 0,
  };
}

/**
 * Options for {@linkcode streamTiles}.
 *
 * @category Tiles
 */
export interface StreamTilesOptions extends TileOptions {
  /** Color around the slide. Default: `"white"`. */
  readonly fill?: "white" | "black";
  /** Tiles to read ahead of the consumer. Default: 1. */
  readonly readAhead?: number;
  /** The rows of tiles to read, the last excluded. Default: all. */
  readonly rows?: readonly [first: number, end: number];
  /** Which tiles to read, such as those of a region. Default: all. */
  readonly only?: (position: TilePosition) => boolean;
  /**
   * Whether to reuse the arrays of tiles, so that memory does not wait for the garbage collector: a tile's pixels are then
   * valid only until the next tile is requested. Default: false.
   */
  readonly reuse?: boolean;
  /** Stops the stream early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a slide's expansion tiles, row by row. Those outside of the slide's `bounds` are background, and only the first of them
 * is read. While the consumer works on one tile, at most `readAhead` others are read, so a
 * slow consumer slows the reader down. Arguments are checked at the call.
 *
 * @example Count the tiles of a slide
 * ```ts
 * import { type Slide, streamTiles } from "@tilewise/tilewise";
 *
 * async function countTiles(slide: Slide): Promise<number> {
 *   let count = 0;
 *   for await (const tile of streamTiles(slide, { size: 512, expansion: 128 })) count = tile.index + 1;
 *   return count;
 * }
 * ```
 *
 * @throws {RangeError} If an option is invalid for {@linkcode planTiles}, or a tile would exceed 1 GiB.
 * @throws {TypeError} If `fill` is not white or black.
 *
 * @category Tiles
 */
export function streamTiles(
  slide: Slide,
  options: StreamTilesOptions = {},
): AsyncGenerator<Tile, void, undefined> {
  const { fill = "white", readAhead = 1, signal } = options;
  const grid = planTiles(slide, options);
  if (fill !== "white" && fill !== "black") {
    throw cannot("stream tiles", "fill must be white or black", {
      received: fill,
      kind: TypeError,
    });
  }
  if (!Number.isInteger(readAhead) || readAhead < 0) {
    throw cannot(
      "stream tiles",
      "readAhead must be an integer from 0",
      { received: readAhead, kind: RangeError },
    );
  }
  const position = grid.tile(0);
  const { level } = grid;
  const { factor } = readingFactor(slide, { position, level });
  const side = Math.ceil((position.size + position.expansion) * factor);
  if (side * side * 3 > MAX_TILE_BYTES) {
    throw cannot(
      "stream tiles",
      `a tile takes at most 1 GiB, received ${side}×${side} pixels of level ${level}`,
      { kind: RangeError },
    );
  }
  return readInOrder(slide, {
    tiles: chosen(
      options.rows ? rowsOf(grid, options.rows) : grid,
      options.only,
    ),
    level,
    fill: fill === "white" ? 255 : 0,
    readAhead,
    pool: options.reuse ? new ArrayPool() : undefined,
    signal,
  });
}

function rowsOf(
  { columns, rows, tile }: TileGrid,
  [first, end]: readonly [number, number],
): Iterable<TilePosition> {
  const isRange = Number.isInteger(first) && Number.isInteger(end) &&
    first >= 0 && first <= end && end <= rows;
  if (!isRange) {
    throw cannot("stream tiles", `rows must be of the grid's ${rows}`, {
      received: [first, end],
      kind: RangeError,
    });
  }
  return (function* () {
    for (let index = first * columns; index < end * columns; index++) {
      yield tile(index);
    }
  })();
}

function* chosen(
  tiles: Iterable<TilePosition>,
  only: StreamTilesOptions["only"] = () => true,
): Generator<TilePosition> {
  for (const position of tiles) if (only(position)) yield position;
}

async function* readInOrder(
  slide: Slide,
  options: TileReading & {
    readonly tiles: Iterable<TilePosition>;
    readonly readAhead: number;
  },
): AsyncGenerator<Tile, void, undefined> {
  const { tiles, level, fill, readAhead, pool } = options;
  const stop = new AbortController();
  const signal = options.signal
    ? AbortSignal.any([options.signal, stop.signal])
    : stop.signal;
  const positions = tiles[Symbol.iterator]();
  const underway: Promise<Tile>[] = [];
  const around = isBlank(slide, level);
  let blank: Promise<Tile> | undefined;

  /** Blank tiles are alike: the pixels of the first are those of all. */
  function read(position: TilePosition): Promise<Tile> {
    const reading = { position, level, fill, signal };
    if (!around(position)) return readTile(slide, { ...reading, pool });
    blank ??= readTile(slide, reading);
    return blank.then(({ pixels }) => ({ ...position, pixels, blank: true }));
  }

  try {
    while (true) {
      signal.throwIfAborted();
      while (underway.length <= readAhead) {
        const { done, value } = positions.next();
        if (done) break;
        const tile = read(value);
        tile.catch(() => {}); // Awaited later, or never after an early return.
        underway.push(tile);
      }
      const tile = await underway.shift();
      if (tile === undefined) return;
      yield tile;
      if (!tile.blank) pool?.give(tile.pixels);
    }
  } finally {
    stop.abort();
    const rest = await Promise.allSettled(underway);
    for (const one of rest) {
      if (one.status === "fulfilled" && !one.value.blank) {
        pool?.give(one.value.pixels);
      }
    }
    pool?.clear();
  }
}
