import { type BlockSource, intersect, type Piece } from "../blocks.ts";
import type { Region } from "../slide.ts";

/** Tiles of a page that were scanned in rows and columns, each overlapping the next. Lengths are pixels of the finest level. */
export interface TileArea {
  readonly across: TileAxis;
  readonly down: TileAxis;
}

/** The columns of an area, or its rows. */
export interface TileAxis {
  /** Where its first tile begins on the canvas. */
  readonly start: number;
  /** The number of its first tile among those of the page. */
  readonly first: number;
  readonly count: number;
  /** The length of a tile. */
  readonly tile: number;
  /** The distance between the beginnings of neighbors, a fraction or not. */
  readonly advance: number;
}

/** The length of an area along an axis. */
export function lengthOf({ count, tile, advance }: TileAxis): number {
  return (count - 1) * advance + tile;
}

/** Where a tile lies in its page, and where its visible part lies on the canvas of a level. */
interface Span {
  /** Its number among the tiles of the page. */
  readonly number: number;
  readonly from: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Places the tiles of a page on a canvas. Of two tiles that overlap, the later one in the page shows, as in OpenSlide: that to the
 * right or below. A page of a reduced level contains the tiles reduced, overlaps included, several in one of its blocks: each is cut
 * out and placed. Places between pixels are rounded.
 *
 * @param blocks The page's blocks, as they lie in the file.
 * @param options.downsample A whole number: that of the level.
 */
export function placeTiles(
  blocks: BlockSource,
  { page, areas, downsample = 1 }: {
    readonly page: { readonly width: number; readonly height: number };
    readonly areas: readonly TileArea[];
    readonly downsample?: number;
  },
): BlockSource {
  const rects = areas.map(({ across, down }) => rectOf(across, down));
  function rectOf(across: TileAxis, down: TileAxis): Region {
    const [left, right] = extentOf(across, page.width);
    const [top, bottom] = extentOf(down, page.height);
    return { x: left, y: top, width: right - left, height: bottom - top };
  }
  function extentOf(axis: TileAxis, side: number): [number, number] {
    const first = spanAt(axis, { i: 0, side, downsample });
    const last = spanAt(axis, { i: axis.count - 1, side, downsample });
    return [first.at, last.at + last.length];
  }
  const overlaps = rects.some((a, i) =>
    rects.slice(0, i).some((b) => intersect(a, b))
  );
  function* cellsIn(region: Region): Generator<[row: Span, column: Span]> {
    for (const [i, { across, down }] of areas.entries()) {
      const part = intersect(rects[i], region);
      if (!part) continue;
      const { x, y } = part;
      const right = x + part.width;
      const bottom = y + part.height;
      const columns = [
        ...spansIn(across, {
          from: x,
          to: right,
          side: page.width,
          downsample,
        }),
      ];
      const rows = spansIn(down, {
        from: y,
        to: bottom,
        side: page.height,
        downsample,
      });
      for (const row of rows) {
        for (const column of columns) yield [row, column];
      }
    }
  }
  return {
    ...blocks,
    overlaps,
    *piecesIn(region): Generator<Piece, void, undefined> {
      const cells = [...cellsIn(region)];
      if (overlaps) {
        cells.sort(([rowA, columnA], [rowB, columnB]) =>
          rowB.number - rowA.number || columnB.number - columnA.number
        );
      }
      for (const [row, column] of cells) yield* cutOut(blocks, column, row);
    },
  };
}

/** The visible spans of an axis' tiles that meet a part of the canvas. */
function* spansIn(
  axis: TileAxis,
  { from, to, side, downsample }: {
    readonly from: number;
    readonly to: number;
    readonly side: number;
    readonly downsample: number;
  },
): Generator<Span> {
  const { start, count, tile, advance } = axis;
  // Rounding moves a tile by less than two pixels.
  const least = ((from - 2) * downsample - start - tile) / advance;
  const most = ((to + 2) * downsample - start) / advance;
  const end = Math.min(count - 1, Math.ceil(most));
  for (let i = Math.max(0, Math.floor(least)); i <= end; i++) {
    const span = spanAt(axis, { i, side, downsample });
    const isMet = span.at < to && span.at + span.length > from;
    if (span.length > 0 && isMet) yield span;
  }
}

/** Where a tile of an axis lies in its page and on the canvas, up to where the next covers it. */
function spanAt(
  { start, first, count, tile, advance }: TileAxis,
  { i, side, downsample }: {
    readonly i: number;
    /** The length of the page. */
    readonly side: number;
    readonly downsample: number;
  },
): Span {
  const placeOf = (i: number) => Math.round((start + i * advance) / downsample);
  const from = Math.floor((first + i) * tile / downsample);
  const to = Math.min(side, Math.ceil((first + i + 1) * tile / downsample));
  const at = placeOf(i);
  const next = i + 1 < count ? placeOf(i + 1) : Infinity;
  const length = Math.max(0, Math.min(to - from, next - at));
  return { number: first + i, from, at, length };
}

/** The pieces of a rectangle of a page, moved to where it lies on the canvas. */
function* cutOut(
  blocks: BlockSource,
  column: Span,
  row: Span,
): Generator<Piece> {
  const cut = {
    x: column.from,
    y: row.from,
    width: column.length,
    height: row.length,
  };
  for (const piece of blocks.piecesIn(cut)) {
    const part = intersect(piece, cut);
    if (!part) continue;
    const { block, blockWidth, left = 0, top = 0, x, y } = piece;
    yield {
      block,
      blockWidth,
      left: left + part.x - x,
      top: top + part.y - y,
      x: part.x - cut.x + column.at,
      y: part.y - cut.y + row.at,
      width: part.width,
      height: part.height,
    };
  }
}
