import { type BlockSource, intersect, type Piece } from "../blocks.ts";
import type { Region } from "../slide.ts";

/** A picture's blocks, and where they lie on the canvas of a level: pixels beyond its size are not shown. */
export interface PlacedBlocks extends Region {
  readonly blocks: BlockSource;
}

/**
 * Joins pictures on one canvas to one source of blocks. Where they overlap, the first stays.
 *
 * Blocks are numbered in turn: block `b` of area `i` of `n` is `b × n + i`.
 */
export function placeAreas(areas: readonly PlacedBlocks[]): BlockSource {
  const most = (side: "blockWidth" | "blockHeight") =>
    areas.reduce((most, { blocks }) => Math.max(most, blocks[side]), 1);
  const areaOf = (block: number) => areas[block % areas.length].blocks;
  const within = (block: number) => Math.floor(block / areas.length);
  return {
    blockWidth: most("blockWidth"),
    blockHeight: most("blockHeight"),
    isCheap: areas.every(({ blocks }) => blocks.isCheap),
    overlaps: areas.some((area, i) =>
      area.blocks.overlaps ||
      areas.slice(0, i).some((other) => intersect(area, other))
    ),
    *piecesIn(region) {
      for (const [i, area] of areas.entries()) {
        const met = intersect(area, region);
        if (!met) continue;
        const { x, y } = area;
        const local = { ...met, x: met.x - x, y: met.y - y };
        for (const piece of area.blocks.piecesIn(local)) {
          const placed = cut(piece, area);
          if (placed) {
            yield { ...placed, block: piece.block * areas.length + i };
          }
        }
      }
    },
    load: (block, signal) => areaOf(block).load(within(block), signal),
    prefetch(blocks): void {
      for (const [i, area] of areas.entries()) {
        const own = blocks.filter((block) => block % areas.length === i);
        if (own.length > 0) area.blocks.prefetch?.(own.map(within));
      }
    },
  };
}

/** A piece of an area on the canvas, without what lies beyond the area, such as the padding of its last tiles. */
function cut(piece: Piece, area: Region): Piece | undefined {
  const { left = 0, top = 0 } = piece;
  const [x, y] = [piece.x + area.x, piece.y + area.y];
  const kept = intersect({ ...piece, x, y }, area);
  return kept && {
    ...piece,
    ...kept,
    left: left + kept.x - x,
    top: top + kept.y - y,
  };
}
