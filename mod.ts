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

// Slides in
export {
  type InspectedLevel,
  type InspectedPage,
  type InspectedPicture,
  inspectSlide,
  type SlideInspection,
} from "./src/slide/inspect_slide.ts";
export { openSlide, type OpenSlideOptions } from "./src/slide/open_slide.ts";
export type { RemoteOptions } from "./src/slide/remote/open_url_source.ts";
export type {
  ReadRegionOptions,
  Region,
  Slide,
  SlideLevel,
} from "./src/slide/slide.ts";

// Tiles
export {
  areaDownsample,
  type AreaDownsampleOptions,
} from "./src/tiles/area_downsample.ts";
export { keepTissue, type KeepTissueOptions } from "./src/tiles/keep_tissue.ts";
export {
  planTiles,
  type TileGrid,
  type TileOptions,
} from "./src/tiles/plan_tiles.ts";
export { saturation8 } from "./src/tiles/saturation8.ts";
export {
  streamTiles,
  type StreamTilesOptions,
} from "./src/tiles/stream_tiles.ts";
export { tap } from "./src/tiles/tap.ts";
export type { Tile, TilePosition } from "./src/tiles/tile.ts";
export type { ScaledSlide, ScaleOptions } from "./src/tiles/choose_scale.ts";
export { tileSpan } from "./src/tiles/tile_span.ts";

// Models
export {
  hubmapNormalization,
  loadModel,
  type LoadModelOptions,
  type WeightsSource,
} from "./src/predict/load_model.ts";
export { loadEncoder } from "./src/predict/load_encoder.ts";
export { Model, type ModelParts, type Network } from "./src/predict/model.ts";
export type { NetworkTraining } from "./src/predict/checkpoint_training.ts";
export type { MemoryPlan } from "./src/predict/plan_memory.ts";
export {
  type PredictionOf,
  type PredictOptions,
  predictTiles,
  type TilePrediction,
} from "./src/predict/predict_tiles.ts";
export {
  type TuneOptions,
  Tuning,
  type TuningProgress,
} from "./src/predict/tuning.ts";
export type { TileResult } from "./src/predict/tile_predictor.ts";
export type { Architecture } from "./src/models/architecture.ts";
export {
  unext,
  type UnextStage,
  type UnextVariant,
} from "./src/models/unext.ts";
export {
  unext101,
  unext50,
  unextArchitecture,
} from "./src/models/unext_architecture.ts";
export {
  type PerStage,
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "./src/models/unext_options.ts";
export {
  recognizeArchitecture,
  type RecognizedArchitecture,
  type TensorShapes,
} from "./src/models/recognize_architecture.ts";
export {
  isTorchvisionEncoder,
  mapTorchvisionEncoder,
} from "./src/models/encoder_keys.ts";

// Weights
export {
  loadCheckpoint,
  type LoadCheckpointOptions,
} from "./src/weights/load_checkpoint.ts";
export {
  readCheckpoint,
  type ReadCheckpointOptions,
} from "./src/weights/read_checkpoint.ts";
export {
  readSafetensors,
  readSafetensorsMetadata,
} from "./src/weights/read_safetensors.ts";
export { writeSafetensors } from "./src/weights/write_safetensors.ts";
export { toFloat32 } from "./src/weights/to_float32.ts";
export { normalizeKeys } from "./src/weights/normalize_keys.ts";
export {
  type ExpectedTensor,
  matchStateDict,
  type MatchStateDictOptions,
} from "./src/weights/match_state_dict.ts";
export {
  type MisshapedTensor,
  type StateDictDifference,
  StateDictError,
} from "./src/weights/state_dict_error.ts";
export type {
  StateDict,
  TensorData,
  TensorDtype,
} from "./src/weights/tensor_data.ts";

// The model graph
export { buildGraph, type Graph, parametersOf } from "./src/graph/graph.ts";
export type {
  ComputedDerivation,
  Derivation,
  Parameter,
  WeightNormDerivation,
} from "./src/graph/parameter.ts";
export type { Op, Shape, Tensor } from "./src/graph/tensor.ts";
export { add } from "./src/graph/ops/add.ts";
export {
  batchNorm,
  type BatchNormNode,
  type BatchNormOptions,
} from "./src/graph/ops/batch_norm.ts";
export { concat } from "./src/graph/ops/concat.ts";
export {
  conv2d,
  type Conv2dNode,
  type Conv2dOptions,
} from "./src/graph/ops/conv2d.ts";
export { dropout2d, type Dropout2dNode } from "./src/graph/ops/dropout2d.ts";
export { globalMaxPool } from "./src/graph/ops/global_max_pool.ts";
export {
  leakyRelu,
  type LeakyReluOptions,
} from "./src/graph/ops/leaky_relu.ts";
export {
  maxPool2d,
  type MaxPool2dNode,
  type MaxPool2dOptions,
} from "./src/graph/ops/max_pool2d.ts";
export {
  pixelShuffle,
  type PixelShuffleNode,
} from "./src/graph/ops/pixel_shuffle.ts";
export { relu } from "./src/graph/ops/relu.ts";
export {
  resizeBilinear,
  type ResizeBilinearOptions,
} from "./src/graph/ops/resize_bilinear.ts";
export { sigmoid } from "./src/graph/ops/sigmoid.ts";
export type { RewriteName } from "./src/graph/optimize_graph.ts";

// The GPU
export type { Dispatch } from "./src/gpu/dispatch.ts";
export { type BufferRange, Gpu, type Pipeline } from "./src/gpu/gpu.ts";
export { GpuError, type GpuErrorKind } from "./src/gpu/gpu_error.ts";
export type { AdapterDescription } from "./src/gpu/describe_adapter.ts";
export type {
  AdapterChoice,
  RequestGpuOptions,
} from "./src/gpu/request_device.ts";
export type { Access, Binding, Program } from "./src/gpu/program.ts";
export { type ProfileEntry, Profiler } from "./src/gpu/profiler.ts";
export type { Normalization } from "./src/kernels/tile/load_tile.ts";
export type { Precision } from "./src/kernels/wgsl/specialize.ts";

// Labels
export {
  type LabeledSlide,
  type Labels,
  openLabels,
  type OpenLabelsOptions,
} from "./src/labels/open_labels.ts";
export type {
  LabelSource,
  ReadLabelsOptions,
} from "./src/labels/label_source.ts";

// Evaluation
export {
  evaluateCounts,
  type Evaluation,
  type EvaluationCounts,
  type PixelCounts,
  type ThresholdScore,
} from "./src/evaluate/evaluate_counts.ts";
export {
  MaskEvaluator,
  type MaskEvaluatorOptions,
} from "./src/evaluate/mask_evaluator.ts";
export type { ObjectMatches } from "./src/evaluate/object_matcher.ts";
export {
  measureSeams,
  type MeasureSeamsOptions,
} from "./src/evaluate/measure_seams.ts";
export {
  type SeamPoint,
  SeamProfile,
  type SeamProfileOptions,
} from "./src/evaluate/seam_profile.ts";

// Masks out
export type { MaskBand, MaskSink } from "./src/masks/mask_band.ts";
export type { MaskPolygon } from "./src/masks/polygons/mask_polygon.ts";
export {
  stitchBands,
  type StitchBandsOptions,
  type TileMask,
} from "./src/masks/stitch/stitch_bands.ts";
export { writeBands, type WriteBandsOptions } from "./src/masks/write_bands.ts";
export { writeMask } from "./src/masks/write_mask.ts";
export {
  type ObjectFiles,
  ObjectSink,
  type ObjectSinkOptions,
} from "./src/masks/polygons/object_sink.ts";
export { OverlaySink } from "./src/masks/pictures/overlay_sink.ts";
export { PngSink, type PngSinkOptions } from "./src/masks/pictures/png_sink.ts";
export type { Producer, RunDevice, RunRecord } from "./src/masks/run_record.ts";
export { RleSink, type RleSinkOptions } from "./src/masks/rle/rle_sink.ts";
export { TiffSink, type TiffSinkOptions } from "./src/masks/tiff/tiff_sink.ts";
export {
  Overview,
  type OverviewPicture,
  type OverviewTile,
} from "./src/masks/pictures/overview.ts";
export {
  Polygonizer,
  type PolygonizerOptions,
} from "./src/masks/polygons/polygonizer.ts";
export {
  type ObjectType,
  type PolygonFeature,
  polygonFeature,
  type PolygonFeatureOptions,
} from "./src/masks/polygons/polygon_feature.ts";
export {
  measurePolygon,
  type PolygonMeasures,
} from "./src/masks/polygons/measure_polygon.ts";
export { simplifyPolygon } from "./src/masks/polygons/simplify_polygon.ts";
export { decodeRle, parseRle, type Run } from "./src/masks/rle/decode_rle.ts";
export { encodeRle, RleEncoder } from "./src/masks/rle/rle_encoder.ts";
export { readRleCsv } from "./src/masks/rle/read_rle_csv.ts";
export {
  type AreaStatistics,
  type MaskSummary,
  type MaskSummaryParts,
  summarizeMask,
  writeSummary,
} from "./src/masks/summarize_mask.ts";
export {
  createTiffWriter,
  type TiffFile,
  TiffWriter,
  type TiffWriterOptions,
} from "./src/masks/tiff/tiff_writer.ts";
