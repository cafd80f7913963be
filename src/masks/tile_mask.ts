import type { TilePosition } from "../tiles/tile.ts";

/** The mask of one tile's center, at the slide's resolution. */
export interface TileMask {
  /** Where the tile lies. */
  readonly tile: TilePosition;
  /** One byte per level-0 pixel of the center, 0 or 1, row by row; `tileSpan(tile)` a side. */
  readonly mask: Uint8Array;
  /** Probability of the same pixels in 0..1, if requested. */
  readonly probability?: Float32Array;
  /** The same as bytes, 0 to 255; it takes precedence. */
  readonly probability8?: Uint8Array;
}
