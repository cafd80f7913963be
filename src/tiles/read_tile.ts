import type { Slide } from "../slide/slide.ts";
import { resampleArea } from "./resample_area.ts";
import type { ArrayPool } from "./array_pool.ts";
import type { Tile, TilePosition } from "./tile.ts";
import { tileSpan } from "./tile_span.ts";

/** How the tiles of a grid are read. */
export interface TileReading {
  /** The level they are read from. */
  readonly level: number;
  /** Byte around the slide. */
  readonly fill: number;
  /** Source of arrays to read into. Default: new arrays. */
  readonly pool?: ArrayPool;
  /** Ends the read, with the signal's reason. */
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

/** Pixels of the level per tile pixel, and whether all tiles of the grid consist of whole ones. */
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
    // A grid begins at whole pixels of levels that are themselves a whole factor.
    whole: Number.isInteger(scale) && span % unit === 0,
  };
}
