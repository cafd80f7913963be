import type { BlockLevel, BlockSource, Piece } from "./blocks.ts";

/** Pixels that become one, each way, at most. */
const FACTOR = 8;

/** A level at an eighth of its size. */
export interface ReducedLevel {
  readonly width: number;
  readonly height: number;
  readonly blocks: BlockSource;
}

/**
 * A level once more, whose blocks are decoded to their means: only these are kept, and JPEGs are decoded in a third of the
 * time. `undefined` if its blocks do not lie on a grid of eight columns.
 */
export function reduceBlocks(
  { width, height, blocks }: BlockLevel,
): ReducedLevel | undefined {
  let y = FACTOR;
  const whole = { x: 0, y: 0, width, height };
  for (const piece of blocks.piecesIn(whole)) {
    if (!isOnGrid(piece, { x: FACTOR, y: 1, width, height })) return undefined;
    while (!isOnGrid(piece, { x: FACTOR, y, width, height })) y /= 2;
  }
  const x = FACTOR;
  return {
    width: Math.ceil(width / x),
    height: Math.ceil(height / y),
    blocks: {
      blockWidth: Math.ceil(blocks.blockWidth / x),
      blockHeight: Math.ceil(blocks.blockHeight / y),
      blockBytes: blocks.blockBytes ??
        blocks.blockWidth * blocks.blockHeight * 6,
      *piecesIn(region) {
        const wanted = {
          x: region.x * x,
          y: region.y * y,
          width: Math.min(region.width * x, width - region.x * x),
          height: Math.min(region.height * y, height - region.y * y),
        };
        for (const piece of blocks.piecesIn(wanted)) {
          yield {
            block: piece.block,
            blockWidth: Math.ceil(piece.blockWidth / x),
            x: piece.x / x,
            y: piece.y / y,
            width: Math.ceil(piece.width / x),
            height: Math.ceil(piece.height / y),
          };
        }
      },
      prefetch: blocks.prefetch && ((wanted) => blocks.prefetch!(wanted)),
      async load(block, signal) {
        const job = await blocks.load(block, signal);
        return job && { ...job, format: { ...job.format, reduce: { x, y } } };
      },
    },
  };
}

/** Whether a block is whole, begins at a multiple of both factors, and ends at one or at the edge. */
function isOnGrid(
  piece: Piece,
  { x, y, ...level }: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  },
): boolean {
  const ends = (end: number, step: number, edge: number) =>
    end % step === 0 || end >= edge;
  return !piece.left && !piece.top && piece.width === piece.blockWidth &&
    piece.x >= 0 && piece.y >= 0 && piece.x % x === 0 && piece.y % y === 0 &&
    ends(piece.x + piece.width, x, level.width) &&
    ends(piece.y + piece.height, y, level.height);
}
