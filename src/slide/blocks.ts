import type { BlockJob } from "./codecs/block_job.ts";
import type { Region, SlideLevel } from "./slide.ts";

/** A rectangle of a block, and where it is painted on the canvas of its level. */
export interface Piece {
  /** The block that contains it. Blocks are numbered within their level; pieces of one block are decoded together. */
  readonly block: number;
  /** Pixels per row of the decoded block. */
  readonly blockWidth: number;
  /** Left edge within the block. Default: 0. */
  readonly left?: number;
  /** Top edge within the block. Default: 0. */
  readonly top?: number;
  /** Left edge on the canvas; may lie outside of it, as may the other edges. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The blocks of a level: tiles, strips, chunks, frames, or a whole picture. It knows where they lie and how to read them;
 * caching, decoding and painting are up to its reader, a `BlockSlide`.
 */
export interface BlockSource {
  /** Width of the largest block, decoded. */
  readonly blockWidth: number;
  /** Height of the largest block, decoded. */
  readonly blockHeight: number;
  /** Bytes that a block takes while it is decoded, with what it is decoded from. Default: 6 for each of its pixels. */
  readonly blockBytes?: number;
  /** Whether blocks cost little to read again, so that few are worth keeping. Default: false. */
  readonly isCheap?: boolean;
  /** Whether pieces may overlap. Default: false. */
  readonly overlaps?: boolean;
  /**
   * The pieces that meet a region of the canvas, in the order of painting: where pieces overlap, the first stays. Pieces of
   * blocks that are known to be missing are left out; there, the background shows.
   */
  piecesIn(region: Region): Iterable<Piece>;
  /** Reads the encoded bytes of a block; `undefined` if it turns out to be missing. */
  load(block: number, signal?: AbortSignal): Promise<BlockJob | undefined>;
  /** Announces blocks that will be loaded soon. */
  prefetch?(blocks: readonly number[]): void;
}

/** A level, and the source of its blocks. */
export interface BlockLevel extends SlideLevel {
  readonly blocks: BlockSource;
}

/** Blocks that fill a canvas row by row, numbered in that order. */
export interface BlockGrid {
  /** Blocks in a row. */
  readonly columns: number;
  readonly blockWidth: number;
  readonly blockHeight: number;
}

/** The pieces of a grid that meet a region: its blocks, whole. */
export function* gridPieces(
  { columns, blockWidth, blockHeight }: BlockGrid,
  { x, y, width, height }: Region,
): Generator<Piece, void, undefined> {
  const right = Math.min(columns, Math.ceil((x + width) / blockWidth));
  for (
    let row = Math.floor(y / blockHeight);
    row * blockHeight < y + height;
    row++
  ) {
    for (let column = Math.floor(x / blockWidth); column < right; column++) {
      yield {
        block: row * columns + column,
        blockWidth,
        x: column * blockWidth,
        y: row * blockHeight,
        width: blockWidth,
        height: blockHeight,
      };
    }
  }
}

/** The part of a rectangle within another; `undefined` if they do not meet. */
export function intersect(a: Region, b: Region): Region | undefined {
  const [x, y] = [Math.max(a.x, b.x), Math.max(a.y, b.y)];
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** The box around rectangles, of which there is at least one. */
export function boundingBox(rects: readonly Region[]): Region {
  return rects.reduce((a, b) => {
    const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
    const width = Math.max(a.x + a.width, b.x + b.width) - x;
    const height = Math.max(a.y + a.height, b.y + b.height) - y;
    return { x, y, width, height };
  });
}

/** A piece, and the rectangles of it to paint. */
export interface PaintedPiece {
  readonly piece: Piece;
  readonly visible: readonly Region[];
}

/**
 * Finds which rectangles of each piece are visible in a region, so that pieces can be painted in any order. Pieces that are
 * fully covered by earlier ones are left out.
 *
 * @param options.overlaps Whether pieces may overlap; if so, earlier ones cover later ones.
 */
export function visiblePieces(
  pieces: Iterable<Piece>,
  { region, overlaps = false }: {
    readonly region: Region;
    readonly overlaps?: boolean;
  },
): PaintedPiece[] {
  const all = [...pieces];
  const covers = overlaps ? new Covers(region, all.length) : undefined;
  const painted: PaintedPiece[] = [];
  for (const piece of all) {
    const within = intersect(piece, region);
    if (!within) continue;
    const visible = covers ? covers.cover(within) : [within];
    if (visible.length > 0) painted.push({ piece, visible });
  }
  return painted;
}

/** What is covered of a region. Rectangles are listed for each cell of a grid, so that each is compared with few. */
class Covers {
  readonly #region: Region;
  readonly #side: number;
  readonly #cells: Region[][];

  constructor(region: Region, pieces: number) {
    this.#region = region;
    this.#side = Math.max(1, Math.min(64, Math.ceil(Math.sqrt(pieces) / 2)));
    this.#cells = Array.from({ length: this.#side ** 2 }, () => []);
  }

  /** Covers a rectangle of the region; returns the parts that were not covered before. */
  cover(rect: Region): Region[] {
    const { x, y, width, height } = this.#region;
    const cellAt = (at: number, length: number) =>
      Math.floor(at * this.#side / length);
    const left = cellAt(rect.x - x, width);
    const right = cellAt(rect.x + rect.width - 1 - x, width);
    const bottom = cellAt(rect.y + rect.height - 1 - y, height);
    const lists: Region[][] = [];
    for (let row = cellAt(rect.y - y, height); row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        lists.push(this.#cells[row * this.#side + column]);
      }
    }
    let visible = [rect];
    for (const cover of lists.flat()) {
      visible = visible.flatMap((part) => subtract(part, cover));
      if (visible.length === 0) return visible;
    }
    for (const list of lists) list.push(rect);
    return visible;
  }
}

/** The parts of a rectangle outside of another: above, left, right and below. */
function subtract(rect: Region, cover: Region): Region[] {
  const hole = intersect(rect, cover);
  if (!hole) return [rect];
  const [right, bottom] = [rect.x + rect.width, rect.y + rect.height];
  const [holeRight, holeBottom] = [hole.x + hole.width, hole.y + hole.height];
  return [
    { ...rect, height: hole.y - rect.y },
    { ...hole, x: rect.x, width: hole.x - rect.x },
    { ...hole, x: holeRight, width: right - holeRight },
    { ...rect, y: holeBottom, height: bottom - holeBottom },
  ].filter(({ width, height }) => width > 0 && height > 0);
}
