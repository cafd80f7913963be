/**
 * The jobs of the command line, as a library: segment slides, compare predictions with labels, cut tiles, train a network.
 * They report events, stop on a signal, and write the same files as the commands.
 *
 * ```ts ignore
 * import { inferBatch } from "@tilewise/tilewise/run";
 *
 * const entries = await inferBatch(["slides"], {
 *   weights: ["fold0.safetensors"],
 *   out: "results",
 *   formats: new Set(["geojson", "json"]),
 *   resume: true,
 * });
 * ```
 *
 * @module
 */

// Segmentation
export {
  type ListedSlide,
  listSlides,
  type SlideEntry,
} from "./list_slides.ts";
export { inferBatch, type InferBatchOptions } from "./infer_batch.ts";
export {
  inferSlide,
  type InferSlideOptions,
  type SlideRun,
} from "./infer_slide.ts";
export type { InferOptions } from "./infer_options.ts";
export type { BatchEntry } from "./run_context.ts";
export { KernelProfile } from "./tuning_file.ts";
export { streamObjects, type StreamObjectsOptions } from "./stream_objects.ts";

// Cohorts
export { planCohort, type PlanCohortOptions } from "./cohort/plan_cohort.ts";
export {
  type CohortProgress,
  inferCohort,
  type InferCohortOptions,
} from "./cohort/infer_cohort.ts";
export {
  mergeCohort,
  type MergeCohortOptions,
  type MergedCohort,
} from "./cohort/merge_cohort.ts";
export { type CohortStatus, cohortStatus } from "./cohort/cohort_status.ts";
export type { Cohort, CohortSlide, OpenCohort, Part } from "./cohort/cohort.ts";
export type { PartFailure } from "./cohort/part_state.ts";
// Models in folders
export { OpenedModel, openModel } from "../model_folder/open_model.ts";
export type { OpenModelOptions } from "../model_folder/fetch_model.ts";
export {
  packModel,
  type PackModelOptions,
} from "../model_folder/pack_model.ts";
export { type ModelTest, testModel } from "../model_folder/test_model.ts";
export type {
  ModelFile,
  ModelInput,
  ModelManifest,
  ModelOutput,
} from "../model_folder/manifest.ts";

// Inspection of slides
export {
  describeInspection,
  writeAssociated,
  type WriteAssociatedOptions,
} from "./inspect.ts";

// Results
export {
  type FinishedResult,
  type Format,
  resultFiles,
  type ResultFormat,
  resultFormats,
  type SlideResult,
} from "./result_formats.ts";
export { findLayers, findResults, type FoundResult } from "./find_results.ts";
export type { ReportEntry } from "../report/report_entry.ts";
export {
  writeReport,
  writeReportIndex,
  type WriteReportOptions,
} from "../report/write_report.ts";
export type {
  ReportPicture,
  SlideReportParts,
} from "../report/slide_report.ts";
export type { BatchSlide } from "../report/batch_report.ts";

// Evaluation
export {
  evaluateSlides,
  type EvaluateSlidesOptions,
} from "./evaluate_slides.ts";
export type { EvaluateEvent, SlidesEvaluation } from "./evaluate_entry.ts";
export type { EvaluateOptions } from "./evaluate_options.ts";
export { type EvaluationReport, writeEvaluation } from "./write_evaluation.ts";
export {
  evaluationPage,
  type EvaluationPageOptions,
  type EvaluationRow,
  type SeamsReport,
} from "../report/evaluation_page.ts";

export type { MatchOutlines, MatchPicture } from "../report/match_pictures.ts";
export type { WorstObject } from "../report/match_strips.ts";
export type { MatchKind } from "../evaluate/object_matcher.ts";

// Training
export {
  type TiledSlides,
  type TileEvent,
  type TileJobOptions,
  tileSlides,
  type TileSlidesOptions,
} from "./tile_slides.ts";
export {
  type TrainedNetwork,
  trainNetwork,
  type TrainNetworkOptions,
  type TrainRunEvent,
} from "./train_network.ts";
export type { TrainRunOptions } from "./train_options.ts";

// The viewer
export type {
  ChannelDescription,
  LabelImages,
  LayerDescription,
  LayerId,
  LevelsDescription,
  LiveState,
  ViewDescription,
  ViewObject,
} from "../view/description.ts";
export type { CorrectionSettings } from "./correct_slide.ts";
export { SlideViews, type SlideViewsOptions } from "./slide_views.ts";
export { openView, type OpenViewOptions } from "../view/open_view.ts";
export type { TileLayer, TilePlace } from "../view/tile_layer.ts";
export {
  serveView,
  type ServeViewOptions,
  type ViewServer,
} from "../view/serve_view.ts";
export {
  oneView,
  type SlideItem,
  type SlideState,
  type View,
  type ViewHandler,
  type ViewLoan,
  type ViewRequest,
  type Views,
} from "../view/view.ts";
export { type LiveRun, LiveView } from "../view/live_view.ts";

// Shared settings
export type {
  AdapterOptions,
  DeviceOptions,
  ModelOptions,
  NetworkOptions,
  PredictionOptions,
} from "../options/model.ts";
export type {
  ReadingOptions,
  ScaleOptions,
  TilingOptions,
} from "../options/tiling.ts";
export type { LabelOptions, OpeningOptions } from "../options/labels.ts";
export type { RegionOptions, TissueOptions } from "../options/region.ts";
export type {
  MinArea,
  ObjectOptions,
  OutputOptions,
  SeamOptions,
} from "../options/output.ts";
export type {
  FoldOptions,
  LearningOptions,
  TrainingDataOptions,
} from "../options/training.ts";

// Custom graphs
export { CompiledGraph, type CompiledGraphOptions } from "./compiled_graph.ts";

// All jobs
export {
  type JobOptions,
  RunContext,
  type RunEvent,
  type Tell,
} from "./run_context.ts";
export { TileJournal, type TileJournalOptions } from "./tile_journal.ts";
export type { JournalTile, KeptProbability, KeptTiles } from "./pack_tile.ts";
