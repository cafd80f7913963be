/**
 * Whole-slide segmentation on WebGPU: a slide goes in, a mask comes out.
 *
 * ```ts ignore
 * import { keepTissue, loadModel, openSlide, predictTiles, streamTiles, writeMask } from "@tilewise/tilewise";
 *
 * await using slide = await openSlide("kidney.tiff");
 * await using model = await loadModel("unext50", ["fold0.pth", "fold1.safetensors"]);
 * const tiles = keepTissue(streamTiles(slide, { size: 1024, expansion: 256, downsample: 2 }));
 * await writeMask("kidney.mask.tif", slide, predictTiles(tiles, model, { flips: true }));
 * ```
 *
 * @module
 */

export { inspectSlide } from "./src/slide/inspect_slide.ts";
export type {
  InspectedArea,
  InspectedLevel,
  InspectedPage,
  InspectedPicture,
  SlideInspection,
} from "./src/slide/slide_inspection.ts";
export { openSlide, type OpenSlideOptions } from "./src/slide/open_slide.ts";
export type { RemoteOptions } from "./src/slide/remote/open_url_source.ts";
export type {
  AssociatedImage,
  AssociatedPixels,
  OpenedSlide,
  ReadAssociatedOptions,
  ReadRegionOptions,
  Region,
  Slide,
  SlideLevel,
} from "./src/slide/slide.ts";
export {
  type AreaDownsampleOptions,
  tap,
} from "./src/tiles/area_downsample.ts";
export { keepTissue, type KeepTissueOptions } from "./src/tiles/keep_tissue.ts";
export type {
  Tile,
  TileGrid,
  TileOptions,
  TilePosition,
} from "./src/tiles/plan_tiles.ts";
export {
  streamTiles,
  type StreamTilesOptions,
} from "./src/tiles/stream_tiles.ts";
export type { ScaledSlide, ScaleOptions } from "./src/tiles/choose_scale.ts";
export { hubmapNormalization, loadModel } from "./src/predict/load_model.ts";
export { predictTiles } from "./src/predict/predict_tiles.ts";
export { openLabels } from "./src/labels/open_labels.ts";
export { stitchBands } from "./src/masks/stitch/stitch_bands.ts";
export { writeBands, writeMask } from "./src/masks/write_mask.ts";
export { ObjectSink } from "./src/masks/polygons/object_sink.ts";
export { RleSink } from "./src/masks/rle/rle_sink.ts";
export { TiffSink } from "./src/masks/tiff/tiff_sink.ts";
