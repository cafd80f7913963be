import type { Slide } from "../slide/slide.ts";
import { planTiles, type TileOptions } from "./plan_tiles.ts";
import type { Tile, TilePosition } from "./tile.ts";

/** How {@linkcode streamTiles} reads. */
export interface StreamTilesOptions extends TileOptions {
  /** What lies around the slide; `"white"` without it. */
  readonly fill?: "white" | "black";
  /** Tiles read ahead of the consumer; 1 without it. */
  readonly readAhead?: number;
  /** Ends the stream, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The largest tile, in bytes of level-0 pixels. */
const MAX_TILE_BYTES = 2 ** 30;

/**
 * Reads a slide's expansion tiles, row by row. While the consumer works on one tile, `readAhead` others are being
 * read; no more, so a slow consumer holds the reader back. Arguments are checked at the call.
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
 * @throws {RangeError} If an option breaks a rule of {@linkcode planTiles}, or a tile would exceed 1 GiB.
 * @throws {TypeError} If `fill` is neither white nor black.
 */
export function streamTiles(
  slide: Slide,
  options: StreamTilesOptions = {},
): AsyncGenerator<Tile, void, undefined> {
  const { fill = "white", readAhead = 1, signal } = options;
  const grid = planTiles(slide, options);
  if (fill !== "white" && fill !== "black") {
    throw new TypeError(
      `Cannot stream tiles as fill is white or black: received ${fill}`,
    );
  }
  if (!Number.isInteger(readAhead) || readAhead < 0) {
    throw new RangeError(
      `Cannot stream tiles as readAhead is an integer from 0: received ${readAhead}`,
    );
  }
  const side = sideOf(grid.tile(0));
  if (side * side * 3 > MAX_TILE_BYTES) {
    throw new RangeError(
      `Cannot stream tiles as a tile holds at most 1 GiB: received ${side}×${side} level-0 pixels`,
    );
  }
  return readInOrder(slide, {
    tiles: grid,
    fill: fill === "white" ? 255 : 0,
    readAhead,
    signal,
  });
}

async function* readInOrder(
  slide: Slide,
  options: {
    tiles: Iterable<TilePosition>;
    fill: number;
    readAhead: number;
    signal?: AbortSignal;
  },
): AsyncGenerator<Tile, void, undefined> {
  const { tiles, fill, readAhead } = options;
  const stop = new AbortController();
  const signal = options.signal
    ? AbortSignal.any([options.signal, stop.signal])
    : stop.signal;
  const positions = tiles[Symbol.iterator]();
  const underway: Promise<Tile>[] = [];
  try {
    while (true) {
      signal.throwIfAborted();
      while (underway.length <= readAhead) {
        const { done, value } = positions.next();
        if (done) break;
        const tile = readTile(slide, { position: value, fill, signal });
        tile.catch(() => {}); // It is awaited later, or not at all after an early end.
        underway.push(tile);
      }
      const tile = await underway.shift();
      if (tile === undefined) return;
      yield tile;
    }
  } finally {
    stop.abort();
    await Promise.allSettled(underway);
  }
}

async function readTile(
  slide: Slide,
  options: { position: TilePosition; fill: number; signal: AbortSignal },
): Promise<Tile> {
  const { position, fill, signal } = options;
  const margin = position.expansion / 2 * position.downsample;
  const side = sideOf(position);
  const region = {
    x: position.x - margin,
    y: position.y - margin,
    width: side,
    height: side,
  };
  const pixels = await slide.readRegion(region, { fill, signal });
  return { ...position, pixels };
}

/** Side of a tile with its expansion, in level-0 pixels. */
function sideOf({ size, expansion, downsample }: TilePosition): number {
  return (size + expansion) * downsample;
}
