import { cannot } from "../../../errors/cannot.ts";
import { MAX_DICOM_PILE } from "../../../io/limits.ts";
import { intersect } from "../../blocks.ts";
import type { Region } from "../../slide.ts";

/** Where a frame lies on the canvas of its level. */
export interface PlacedFrame {
  readonly frame: number;
  readonly x: number;
  readonly y: number;
}

/** Where the frames of a level lie. */
export interface TileMap {
  /** Whether frames may overlap. */
  readonly overlaps: boolean;
  /** How many tiles of a whole grid no frame holds; 0 where frames do not lie in a grid. */
  readonly missing: number;
  /** The frames that meet a region, in the order of painting. */
  framesIn(region: Region): Iterable<PlacedFrame>;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The whole grid of a level, row by row: frame n is tile n. */
export function fullMap(matrix: Size, tile: Size): TileMap {
  const columns = Math.ceil(matrix.width / tile.width);
  return {
    overlaps: false,
    missing: 0,
    *framesIn(region) {
      for (const [column, row] of cellsOf(region, matrix, tile)) {
        yield {
          frame: row * columns + column,
          x: column * tile.width,
          y: row * tile.height,
        };
      }
    },
  };
}

/**
 * Frames that say where they lie.
 *
 * @param at The place of a frame, from 0.
 * @throws {SyntaxError} If frames lie outside of the level, or where others do.
 */
export function sparseMap(
  matrix: Size,
  { tile, count, at }: {
    readonly tile: Size;
    readonly count: number;
    readonly at: (frame: number) => readonly [x: number, y: number];
  },
): TileMap {
  const columns = Math.ceil(matrix.width / tile.width);
  const rows = Math.ceil(matrix.height / tile.height);
  const cellAt = (x: number, y: number) =>
    Math.floor(y / tile.height) * columns + Math.floor(x / tile.width);
  // Frames by the cell that they begin in: those of cell c are from starts[c] to starts[c + 1] of `frames`.
  const starts = new Uint32Array(columns * rows + 1);
  let inGrid = true;
  for (let frame = 0; frame < count; frame++) {
    const [x, y] = at(frame);
    if (x < 0 || y < 0 || x >= matrix.width || y >= matrix.height) {
      throw broken(
        `its frame ${frame} lies at ${x}, ${y}, outside of its ${matrix.width}×${matrix.height} pixels`,
      );
    }
    inGrid &&= x % tile.width === 0 && y % tile.height === 0;
    starts[cellAt(x, y) + 1]++;
  }
  for (let cell = 0; cell < columns * rows; cell++) {
    if (starts[cell + 1] > MAX_DICOM_PILE) {
      throw broken(
        `${
          starts[cell + 1]
        } of its frames begin within the area of one, more than ${MAX_DICOM_PILE}`,
        RangeError,
      );
    }
    starts[cell + 1] += starts[cell];
  }
  const frames = new Uint32Array(count);
  const ends = starts.slice(0, -1);
  for (let frame = 0; frame < count; frame++) {
    frames[ends[cellAt(...at(frame))]++] = frame;
  }
  checkPlaces(frames, { starts, at });

  function* begunIn(column: number, row: number): Generator<PlacedFrame> {
    if (column < 0 || row < 0 || column >= columns || row >= rows) return;
    const cell = row * columns + column;
    for (let i = starts[cell]; i < starts[cell + 1]; i++) {
      const [x, y] = at(frames[i]);
      yield { frame: frames[i], x, y };
    }
  }
  return {
    overlaps: !inGrid,
    missing: inGrid ? columns * rows - count : 0,
    *framesIn(region) {
      const met: PlacedFrame[] = [];
      // A frame reaches into the cells to the right of and below that it begins in.
      const reach = inGrid ? 0 : 1;
      const wide = {
        x: region.x - reach * tile.width,
        y: region.y - reach * tile.height,
        width: region.width + reach * tile.width,
        height: region.height + reach * tile.height,
      };
      for (const [column, row] of cellsOf(wide, matrix, tile)) {
        for (const placed of begunIn(column, row)) {
          if (intersect({ ...placed, ...tile }, region)) met.push(placed);
        }
      }
      yield* met.sort((a, b) => a.frame - b.frame);
    },
  };
}

/** Frames at one place are other planes of it. */
function checkPlaces(
  frames: Uint32Array,
  { starts, at }: {
    readonly starts: Uint32Array;
    readonly at: (frame: number) => readonly [x: number, y: number];
  },
): void {
  for (let cell = 0; cell + 1 < starts.length; cell++) {
    for (let i = starts[cell]; i < starts[cell + 1]; i++) {
      for (let j = starts[cell]; j < i; j++) {
        const [[x, y], [otherX, otherY]] = [at(frames[i]), at(frames[j])];
        if (x !== otherX || y !== otherY) continue;
        throw broken(
          `its frames ${frames[j]} and ${
            frames[i]
          } lie at one place, as those of focal planes or optical paths do, and which is the slide is unknown: extract one plane`,
          TypeError,
        );
      }
    }
  }
}

/** Columns and rows of the tiles that meet a region. */
function* cellsOf(
  region: Region,
  matrix: Size,
  tile: Size,
): Generator<readonly [column: number, row: number]> {
  const part = intersect(region, { x: 0, y: 0, ...matrix });
  if (!part) return;
  const { x, y, width, height } = part;
  const lastColumn = Math.floor((x + width - 1) / tile.width);
  const lastRow = Math.floor((y + height - 1) / tile.height);
  for (let row = Math.floor(y / tile.height); row <= lastRow; row++) {
    for (let column = Math.floor(x / tile.width); column <= lastColumn;) {
      yield [column++, row];
    }
  }
}

function broken(
  why: string,
  kind: ErrorConstructor = SyntaxError,
): Error {
  return cannot("place the frames of a DICOM level", why, { kind });
}
