/**
 * Plan and stream expansion tiles of slides, and keep those with tissue.
 *
 * @module
 */

export {
  areaDownsample,
  type AreaDownsampleOptions,
  tap,
} from "./area_downsample.ts";
export {
  keepTissue,
  type KeepTissueOptions,
  saturation8,
} from "./keep_tissue.ts";
export {
  planTiles,
  type Tile,
  type TileGrid,
  type TileOptions,
  type TilePosition,
  tileSpan,
} from "./plan_tiles.ts";
export { streamTiles, type StreamTilesOptions } from "./stream_tiles.ts";
export type { ScaledSlide, ScaleOptions } from "./choose_scale.ts";
