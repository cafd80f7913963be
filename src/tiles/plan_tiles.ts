import {
  chooseScale,
  type ScaledSlide,
  type ScaleOptions,
} from "./choose_scale.ts";

/** Where an expansion tile lies on its slide; all lengths but `size` and `expansion` are level-0 pixels. */
export interface TilePosition {
  /** Index in row-major order over the whole grid, background included. */
  readonly index: number;
  /** Column in the grid. */
  readonly column: number;
  /** Row in the grid. */
  readonly row: number;
  /** Left edge of the center, in level-0 pixels; negative where the padding begins before the slide. */
  readonly x: number;
  /** Top edge of the center, in level-0 pixels. */
  readonly y: number;
  /** Side of the center, in pixels after downsampling. */
  readonly size: number;
  /** Total expansion (half on each side), in pixels after downsampling. */
  readonly expansion: number;
  /** Level-0 pixels per downsampled pixel, each way; `size * downsample` is whole, but for rounding. */
  readonly downsample: number;
}

/** An expansion tile with its pixels. */
export interface Tile extends TilePosition {
  /**
   * Center and expansion: 8-bit RGB, square, row by row. Where `downsample` is whole and level 0 is read, level-0 pixels,
   * `(size + expansion) * downsample` a side; otherwise of a whole multiple of `size + expansion` a side, mostly 1.
   */
  readonly pixels: Uint8Array;
}

/**
 * Side of a tile's center in level-0 pixels. It is an integer even if `downsample` is not, so that tiles meet without
 * seams.
 *
 * @example Tiles of 1.1 pixels each way
 * ```ts
 * import { planTiles, tileSpan } from "@tilewise/tilewise/tiles";
 *
 * const grid = planTiles({ width: 900, height: 700 }, { size: 256, expansion: 64, downsample: 1.1 });
 * console.log(tileSpan(grid.tile(0)), grid.downsample); // 282 1.1015625
 * ```
 */
export function tileSpan(
  { size, downsample }: { readonly size: number; readonly downsample: number },
): number {
  return Math.round(size * downsample);
}

/**
 * How many of its `pixels` a tile has per tile pixel, each way: `downsample` if they are the slide's own and still to
 * be averaged, 1 if the reader has resampled them.
 *
 * @throws {RangeError} If they are not a square of RGB whose side is a multiple of `size + expansion`.
 */
export function tileFactor(
  { size, expansion, pixels }: {
    readonly size: number;
    readonly expansion: number;
    readonly pixels: Uint8Array;
  },
): number {
  const side = size + expansion;
  const factor = Math.sqrt(pixels.length / 3) / side;
  if (Number.isInteger(factor) && factor >= 1) return factor;
  throw new RangeError(
    `Cannot use a tile as its pixels are a square of RGB, a multiple of ${side} a side: received ${pixels.length} bytes`,
  );
}

/** Options for {@linkcode planTiles}; `size` and `expansion` are pixels after downsampling. */
export interface TileOptions extends ScaleOptions {
  /** Side of a tile's center. Default: 1024. */
  readonly size?: number;
  /**
   * Total expansion, half on each side. Default: 256. `size + expansion` must be a size that the network accepts: a
   * multiple of 32 for a UNeXt. Otherwise the error of `predictTiles()` names sizes that fit.
   */
  readonly expansion?: number;
  /**
   * Level-0 pixels per downsampled pixel, each way, 1 or more. Default: 2, unless there is an `mpp`. It is rounded so that a tile's
   * center spans whole pixels.
   */
  readonly downsample?: number;
  /** Micrometers per downsampled pixel, in place of `downsample`; the slide's `mpp` must be known. */
  readonly mpp?: number;
  /**
   * The level to read. Default: level 0 for a `downsample`, the coarsest that is fine enough for an `mpp`.
   */
  readonly level?: number;
}

/** A slide's tiles, row by row. */
export interface TileGrid extends Iterable<TilePosition> {
  /** Tiles in a row. */
  readonly columns: number;
  /** Tiles in a column. */
  readonly rows: number;
  /** Number of tiles. */
  readonly count: number;
  /** Level-0 pixels per downsampled pixel, each way. */
  readonly downsample: number;
  /** The level that is read. */
  readonly level: number;
  /**
   * Where the tile of that index lies.
   *
   * @throws {RangeError} If there is no such tile.
   */
  tile(index: number): TilePosition;
}

/**
 * Cuts a slide into a centered grid of expansion tiles: the padding to whole tiles is split, the smaller half before
 * the slide and the rest after it.
 *
 * Source: the tiling of the 3rd place of "HuBMAP: Hacking the Kidney" (Kaggle, 2021).
 *
 * @example A slide of 900×700 pixels
 * ```ts
 * import { planTiles } from "@tilewise/tilewise/tiles";
 *
 * const grid = planTiles({ width: 900, height: 700 }, { size: 256, expansion: 64, downsample: 2 });
 * console.log(grid.columns, grid.rows, grid.tile(0).x, grid.tile(0).y); // 2 2 -62 -162
 * ```
 *
 * @param slide Size of the slide in level-0 pixels; for an `mpp`, its scale and its levels too.
 * @throws {RangeError} If a size is not a positive integer, `expansion` is odd or negative, or the slide has no such
 * scale.
 */
export function planTiles(
  slide: ScaledSlide,
  options: TileOptions = {},
): TileGrid {
  const { size = 1024, expansion = 256 } = options;
  checkPositive("the slide's width", slide.width);
  checkPositive("the slide's height", slide.height);
  checkPositive("size", size);
  if (
    !Number.isSafeInteger(expansion) || expansion < 0 || expansion % 2 !== 0
  ) {
    throw new RangeError(
      `Cannot plan tiles as expansion must be even and not negative: received ${expansion}`,
    );
  }
  const scale = chooseScale(slide, options);
  const step = tileSpan({ size, downsample: scale.downsample });
  const downsample = step / size;
  const columns = Math.ceil(slide.width / step);
  const rows = Math.ceil(slide.height / step);
  // On a coarser level, whole pixels are read if possible; half pixels would blur.
  const unit = slide.levels?.[scale.level]?.downsample ?? 1;
  const before = (missing: number): number => {
    const half = Math.floor(missing / 2);
    return Number.isInteger(unit) ? half - half % unit : half;
  };
  const left = 0 - before(columns * step - slide.width);
  const top = 0 - before(rows * step - slide.height);
  const count = columns * rows;

  function tile(index: number): TilePosition {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(
        `Cannot find a tile as there are ${count}: received index ${index}`,
      );
    }
    const column = index % columns;
    const row = (index - column) / columns;
    const [x, y] = [left + column * step, top + row * step];
    return { index, column, row, x, y, size, expansion, downsample };
  }

  return {
    columns,
    rows,
    count,
    downsample,
    level: scale.level,
    tile,
    *[Symbol.iterator](): IterableIterator<TilePosition> {
      for (let index = 0; index < count; index++) yield tile(index);
    },
  };
}

function checkPositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(
    `Cannot plan tiles as ${name} must be a positive integer: received ${value}`,
  );
}
