/**
 * Bands of masks, and the sinks that write them: run lengths, polygons, TIFF, pictures.
 *
 * @module
 */

export type { MaskBand, MaskSink } from "./mask_band.ts";
export { type MaskPolygon } from "./polygons/outline.ts";
export {
  Polygonizer,
  type PolygonizerOptions,
} from "./polygons/polygonizer.ts";
export {
  stitchBands,
  type StitchBandsOptions,
  type TileMask,
} from "./stitch/stitch_bands.ts";
export {
  writeBands,
  type WriteBandsOptions,
  writeMask,
  type WriteMaskOptions,
} from "./write_mask.ts";
export {
  type ObjectFiles,
  ObjectSink,
  type ObjectSinkOptions,
} from "./polygons/object_sink.ts";
export { OverlaySink } from "./pictures/overlay_sink.ts";
export { PngSink, type PngSinkOptions } from "./pictures/png_sink.ts";
export type { Producer, RunDevice, RunRecord } from "./run_record.ts";
export { RleSink, type RleSinkOptions } from "./rle/rle_sink.ts";
export { TiffSink, type TiffSinkOptions } from "./tiff/tiff_sink.ts";
export {
  Overview,
  type OverviewPicture,
  type OverviewRow,
  type OverviewTile,
} from "./pictures/overview.ts";
export {
  type ObjectType,
  type PolygonFeature,
  polygonFeature,
  type PolygonFeatureOptions,
} from "./polygons/polygon_feature.ts";
export {
  measurePolygon,
  type PolygonMeasures,
} from "./polygons/measure_polygon.ts";
export { simplifyPolygon } from "./polygons/simplify_polygon.ts";
export type { MaskClass } from "../io/classes.ts";
export { decodeRle, parseRle, readRleCsv, type Run } from "./rle/decode_rle.ts";
export { encodeRle, RleEncoder } from "./rle/rle_encoder.ts";
export {
  type AreaStatistics,
  type ClassSummary,
  type MaskSummary,
  type MaskSummaryParts,
  type RegionSummary,
  type ResultFile,
  summarizeMask,
  writeSummary,
} from "./summarize_mask.ts";
export type { UncertaintySummary } from "./uncertainty.ts";
export {
  createTiffWriter,
  type TiffFile,
  TiffWriter,
  type TiffWriterOptions,
} from "./tiff/tiff_writer.ts";
