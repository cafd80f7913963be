import { cannot } from "../../../errors/cannot.ts";
import { MAX_JPEG_RESTARTS } from "../../../io/limits.ts";
import { type JpegHeader, MAX_JPEG_SIDE } from "./jpeg_header.ts";

/** Pixels of a block: enough that a call costs little beside decoding, few enough that little is decoded in vain. */
const BLOCK_PIXELS = 1 << 17;
/** The longest side of a block of short intervals. */
const BLOCK_SIDE = 256;

/** How the restart intervals of a JPEG lie in its picture: as tiles, row by row. Blocks are rectangles of tiles. */
export interface RestartTiles {
  /** The picture's size in pixels. */
  readonly width: number;
  readonly height: number;
  /** Rows of units, the last one possibly beyond the picture. */
  readonly unitRows: number;
  /** Pixels of a tile; the last row of tiles may be lower. */
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Tiles in a row, and rows of them. */
  readonly columns: number;
  readonly rows: number;
  /** Tiles that a block has across and down, at most. */
  readonly across: number;
  readonly down: number;
}

/**
 * Finds the tiles that the restart intervals of a JPEG are.
 *
 * @returns `undefined` if it can only be decoded as a whole: intervals begin anywhere, or there is only one.
 * @throws {RangeError} If there are too many.
 */
export function restartTiles(
  { unit, interval, isSequential }: Pick<
    JpegHeader,
    "unit" | "interval" | "isSequential"
  >,
  { width, height }: { readonly width: number; readonly height: number },
): RestartTiles | undefined {
  const units = Math.ceil(width / unit.width);
  const unitRows = Math.ceil(height / unit.height);
  if (interval === 0 || !isSequential || interval >= units * unitRows) {
    return undefined;
  }
  const isPart = units % interval === 0;
  if (!isPart && interval % units !== 0) return undefined;
  const tileWidth = unit.width * (isPart ? interval : units);
  const tileHeight = unit.height * (isPart ? 1 : interval / units);
  if (Math.max(tileWidth, tileHeight) > MAX_JPEG_SIDE) return undefined;
  const columns = isPart ? units / interval : 1;
  const rows = Math.ceil(unitRows * unit.height / tileHeight);
  if (columns * rows > MAX_JPEG_RESTARTS) {
    throw cannot(
      "read a JPEG",
      `it has ${
        columns * rows
      } restart intervals, more than ${MAX_JPEG_RESTARTS}`,
      { kind: RangeError },
    );
  }
  const across = atLeastOne(Math.min(columns, BLOCK_SIDE / tileWidth));
  const most = Math.min(MAX_JPEG_SIDE, BLOCK_PIXELS / (across * tileWidth));
  const down = atLeastOne(Math.min(rows, most / tileHeight));
  const size = { width, height, unitRows, tileWidth, tileHeight };
  return { ...size, columns, rows, across, down };
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count));
}
