/**
 * Plan and stream expansion tiles of slides, and keep those with tissue.
 *
 * @module
 */

export {
  areaDownsample,
  type AreaDownsampleOptions,
} from "./area_downsample.ts";
export { keepTissue, type KeepTissueOptions } from "./keep_tissue.ts";
export { planTiles, type TileGrid, type TileOptions } from "./plan_tiles.ts";
export { saturation8 } from "./saturation8.ts";
export { streamTiles, type StreamTilesOptions } from "./stream_tiles.ts";
export { tap } from "./tap.ts";
export type { Tile, TilePosition } from "./tile.ts";
export type { ScaledSlide, ScaleOptions } from "./choose_scale.ts";
export { tileSpan } from "./tile_span.ts";
