import { cannot } from "../errors/cannot.ts";
import {
  chooseScale,
  type ScaledSlide,
  type ScaleOptions,
} from "./choose_scale.ts";

/**
 * The position of an expansion tile on its slide; all lengths except `size` and `expansion` are level-0 pixels.
 *
 * @category Tiles
 */
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
  /** Level-0 pixels per downsampled pixel, each way; `size * downsample` is an integer, up to rounding. */
  readonly downsample: number;
}

/**
 * An expansion tile with its pixels.
 *
 * @category Tiles
 */
export interface Tile extends TilePosition {
  /**
   * Center and expansion: 8-bit RGB, square, row by row. If `downsample` is an integer and level 0 is read, the side is
   * `(size + expansion) * downsample` level-0 pixels; otherwise an integer multiple of `size + expansion`, usually 1.
   */
  readonly pixels: Uint8Array;
  /**
   * Whether it lies outside of the slide's `bounds`, so that all of it is background: nothing was read, and `pixels` are shared by
   * all such tiles. Default: false.
   */
  readonly blank?: boolean;
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
 * Number of a tile's `pixels` per tile pixel, each way: `downsample` if they are the slide's own and yet to be averaged, 1
 * if the reader has resampled them.
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
  throw cannot(
    "use a tile",
    `its pixels must be a square of RGB whose side is a multiple of ${side}, received ${pixels.length} bytes`,
    { kind: RangeError },
  );
}

/**
 * Options for {@linkcode planTiles}; `size` and `expansion` are pixels after downsampling.
 *
 * @category Tiles
 */
export interface TileOptions extends ScaleOptions {
  /** Side of a tile's center. Default: 1024. */
  readonly size?: number;
  /**
   * Total expansion, half on each side. Default: 256. `size + expansion` must be a size that the network accepts: a
   * multiple of 32 for a UNeXt. Otherwise the error of `predictTiles()` lists valid sizes.
   */
  readonly expansion?: number;
  /**
   * Level-0 pixels per downsampled pixel, each way, 1 or more, rounded so that a tile's center spans whole pixels.
   * Default: 2, unless `mpp` is given.
   */
  readonly downsample?: number;
  /** Micrometers per downsampled pixel, instead of `downsample`; the slide's `mpp` must be known. */
  readonly mpp?: number;
  /**
   * The level to read. Default: level 0 with `downsample`, the coarsest sufficient level with `mpp`.
   */
  readonly level?: number;
}

/**
 * A slide's tiles, row by row.
 *
 * @category Tiles
 */
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
   * The position of the tile with this index.
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
 * @example Plan the tiles of a slide of 900×700 pixels
 * ```ts
 * import { planTiles } from "@tilewise/tilewise/tiles";
 *
 * const grid = planTiles({ width: 900, height: 700 }, { size: 256, expansion: 64, downsample: 2 });
 * console.log(grid.columns, grid.rows, grid.tile(0).x, grid.tile(0).y); // 2 2 -62 -162
 * ```
 *
 * @param slide Size of the slide in level-0 pixels; with `mpp`, also its scale and levels.
 * @throws {RangeError} If a size is not a positive integer, `expansion` is odd or negative, or the slide does not have the scale.
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
    throw cannot(
      "plan tiles",
      "expansion must be even and not negative",
      { received: expansion, kind: RangeError },
    );
  }
  const scale = chooseScale(slide, options);
  const step = tileSpan({ size, downsample: scale.downsample });
  const downsample = step / size;
  const columns = Math.ceil(slide.width / step);
  const rows = Math.ceil(slide.height / step);
  // On a coarser level, whole pixels are read if possible: half pixels would blur.
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
      throw cannot(`find tile ${index}`, `the grid has ${count} tiles`, {
        kind: RangeError,
      });
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
  throw cannot(
    "plan tiles",
    `${name} must be a positive integer`,
    { received: value, kind: RangeError },
  );
}
