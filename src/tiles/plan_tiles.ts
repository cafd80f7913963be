import type { TilePosition } from "./tile.ts";

/** How {@linkcode planTiles} cuts a slide; `size` and `expansion` are pixels after downsampling. */
export interface TileOptions {
  /** Side of a tile's centre; 1024 without it. */
  readonly size?: number;
  /** Total expansion, half on each side; 256 without it. */
  readonly expansion?: number;
  /** Level-0 pixels per downsampled pixel, each way; 2 without it. */
  readonly downsample?: number;
}

/** A slide's tiles, row by row. */
export interface TileGrid extends Iterable<TilePosition> {
  /** Tiles in a row. */
  readonly columns: number;
  /** Tiles in a column. */
  readonly rows: number;
  /** Number of tiles. */
  readonly count: number;
  /**
   * Where the tile of that index lies.
   *
   * @throws {RangeError} If there is no such tile.
   */
  tile(index: number): TilePosition;
}

/**
 * Cuts a slide into a centred grid of expansion tiles: what is missing to whole tiles is split, the smaller half
 * before the slide and the rest after it.
 *
 * Source: the tiling of the 3rd place of "HuBMAP: Hacking the Kidney" (Kaggle, 2021).
 *
 * @example A slide of 900×700 pixels
 * ```ts
 * import { planTiles } from "@tilewise/tilewise";
 *
 * const grid = planTiles({ width: 900, height: 700 }, { size: 256, expansion: 64, downsample: 2 });
 * console.log(grid.columns, grid.rows, grid.tile(0).x, grid.tile(0).y); // 2 2 -62 -162
 * ```
 *
 * @param slide Size of the slide in level-0 pixels.
 * @throws {RangeError} If a size is no positive integer, `expansion` is odd or negative, or `size + expansion` is
 * no multiple of 32, which the network's strides need.
 */
export function planTiles(
  slide: { readonly width: number; readonly height: number },
  options: TileOptions = {},
): TileGrid {
  const { size = 1024, expansion = 256, downsample = 2 } = options;
  checkPositive("the slide's width", slide.width);
  checkPositive("the slide's height", slide.height);
  checkPositive("size", size);
  checkPositive("downsample", downsample);
  if (
    !Number.isSafeInteger(expansion) || expansion < 0 || expansion % 2 !== 0
  ) {
    throw new RangeError(
      `Cannot plan tiles as expansion is even and not negative: received ${expansion}`,
    );
  }
  if ((size + expansion) % 32 !== 0) {
    throw new RangeError(
      `Cannot plan tiles as size + expansion is a multiple of 32: received ${size} + ${expansion}`,
    );
  }
  const step = size * downsample;
  const columns = Math.ceil(slide.width / step);
  const rows = Math.ceil(slide.height / step);
  const left = -Math.floor((columns * step - slide.width) / 2);
  const top = -Math.floor((rows * step - slide.height) / 2);
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
    tile,
    *[Symbol.iterator](): IterableIterator<TilePosition> {
      for (let index = 0; index < count; index++) yield tile(index);
    },
  };
}

function checkPositive(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new RangeError(
    `Cannot plan tiles as ${name} is a positive integer: received ${value}`,
  );
}
