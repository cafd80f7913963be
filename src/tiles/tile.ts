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
