import { cannot } from "../errors/cannot.ts";
import { severalOf } from "../io/classes.ts";
import type { MaskSummary } from "../masks/summarize_mask.ts";
import { withDefaults } from "../options/option.ts";
import type { Model } from "../predict/model.ts";
import { namesOf } from "../predict/network_classes.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { isRemote } from "../slide/open_source.ts";
import type { Slide } from "../slide/slide.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import type { LiveRun } from "../view/live_view.ts";
import {
  findRegions,
  recordRegions,
  type RegionFiles,
} from "./find_regions.ts";
import { type InferOptions, inferOptions } from "./infer_options.ts";
import { predictSlide, tilingOf } from "./predict_slide.ts";
import { type JobOptions, RunContext, untold } from "./run_context.ts";
import { SlideRegion } from "./slide_region.ts";
import type { TileJournal } from "./tile_journal.ts";
import { type SlideFacts, writeResults } from "./write_results.ts";

/**
 * Facts about the run of a slide, recorded in its results.
 *
 * @category Segmentation
 */
export interface SlideRun {
  /** The slide's path, or URL without a query. Default: its name. */
  readonly path?: string;
  /** Identifies settings, weights and slide; `resume` compares it. */
  readonly fingerprint?: string;
  /** SHA-256 of each of the weights. */
  readonly weightHashes?: readonly string[];
  /** Start time. Default: now. */
  readonly start?: Date;
  /** Warnings, a line each. */
  readonly warnings?: readonly string[];
}

/**
 * Options for {@linkcode inferSlide}.
 *
 * @category Segmentation
 */
export interface InferSlideOptions
  extends
    Partial<Omit<InferOptions, "out">>,
    Pick<InferOptions, "out">,
    JobOptions {
  /** Facts about the run. */
  readonly run?: SlideRun;
  /** The run that the slide belongs to. Default: a new one. */
  readonly context?: RunContext;
  /** Finished tiles of an interrupted run, and where those of this run are recorded. Default: none. */
  readonly journal?: TileJournal;
  /** Tiles on the GPU at a time. Default: see `predictTiles()`. */
  readonly inFlight?: number;
  /** A page that shows the progress. */
  readonly live?: LiveRun;
  /** Called with the plan of the GPU's memory. */
  readonly onMemory?: (plan: MemoryPlan) => void;
}

/**
 * Runs a model over one slide, closes it, and writes results: masks, objects, a summary and a page. Deno only.
 *
 * @example
 * ```ts ignore
 * import { loadModel, openSlide } from "@tilewise/tilewise";
 * import { inferSlide } from "@tilewise/tilewise/run";
 *
 * await using model = await loadModel("auto", ["fold0.safetensors"]);
 * const slide = await openSlide("kidney.svs");
 * const { objects } = await inferSlide(slide, model, { out: "results", tile: 512 });
 * ```
 *
 * @throws {RangeError} If the slide cannot be cut into these tiles, a region does not fit it, or `minArea` is in µm² and the slide
 * has no scale.
 *
 * @category Segmentation
 */
export async function inferSlide(
  slide: Slide,
  model: Model,
  given: InferSlideOptions,
): Promise<MaskSummary> {
  const options = withClasses(withDefaults(inferOptions, given), model);
  const { run = {}, live, onMemory, onEvent: tell = untold, signal } = given;
  const { journal, inFlight } = given;
  const context = given.context ?? await RunContext.begin(given.command ?? []);
  const { name } = slide;
  const { path = name, start: begun = new Date() } = run;
  const grid = planTiles(slide, tilingOf(options));
  const regions = await findRegions(name, options);
  await using region = await SlideRegion.open(slide, regions, {
    ...{ ...options, grid, signal },
  });
  const { warnings = [] } = region ?? {};
  for (const text of warnings) await tell({ kind: "note", slide: name, text });
  const tiles = region?.tiles ?? grid.count;
  const bytes = await bytesOf(path);
  const start = performance.now();
  await tell({ kind: "tiles", slide: name, tiles });
  const { threshold } = options;
  const classes = severalOf(options.classes);
  live?.begin({ tiles, threshold, classes });
  const work = predictSlide(slide, model, {
    ...{ options, region, live, journal, inFlight, onMemory, tell, signal },
  });
  const { clock, overview } = work;
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    live?.end();
    await tell({ kind: "tiled" });
  };
  try {
    return await writeResults(work.predictions, {
      ...{ options, overview, signal },
      facts: factsOf(slide, {
        ...{ options, bytes, model, regions },
        run: { ...run, warnings: [...run.warnings ?? [], ...warnings] },
      }),
      run: context.id,
      regionPx: region?.clips ? region.areaPx : undefined,
      seenPx: () => work.seenPx,
      tiles: () => work.tiles,
      onObject: (object) => live?.addObject(object),
      async onWritten() {
        await end();
        const total = performance.now() - start;
        const stages = {
          read: clock.get("read"),
          predict: clock.get("predict") - clock.get("read"),
          write: total - clock.get("predict"),
        };
        if (options.profile) await tell({ kind: "profile", stages });
        return {
          run: context.record({ start: begun, device: model }),
          path,
          memory: work.memory,
          milliseconds: { ...stages, total },
        };
      },
    });
  } finally {
    await end();
  }
}

/** Settings with the classes of the model. */
function withClasses(options: InferOptions, model: Model): InferOptions {
  const { classes = severalOf(model.classes) } = options;
  if ((classes?.length ?? 1) === model.classes.length) {
    return { ...options, classes };
  }
  throw cannot(
    "segment a slide",
    `the model has ${model.classes.length} classes, ${namesOf(model.classes)}`,
    { received: classes?.map(({ name }) => name), kind: RangeError },
  );
}

/** What results say of a slide, the settings and the models, whatever the run. */
export function factsOf(
  { width, height, mpp, name, ...slide }: Slide,
  { options, run = {}, bytes, model, regions = {} }: {
    readonly options: InferOptions;
    readonly run?: Pick<SlideRun, "fingerprint" | "weightHashes" | "warnings">;
    readonly bytes?: number;
    readonly model: Model;
    readonly regions?: RegionFiles;
  },
): SlideFacts {
  const tiling = tilingOf(options);
  const classes = severalOf(options.classes);
  const { downsample, level } = planTiles(
    { width, height, mpp, levels: slide.levels },
    tiling,
  );
  return {
    slide: { name, width, height, mpp, bytes },
    settings: {
      model: options.model,
      ...tiling,
      ...{ downsample, level },
      ...recordRegions(regions),
      withinClass: options.withinClass,
      excludeClass: options.excludeClass,
      tissueSaturation: options.tissueSaturation,
      tissuePixels: options.tissuePixels,
      fill: options.fill,
      flips: options.flips,
      threshold: options.threshold,
      class: classes ? undefined : options.className,
      classes,
      objectType: options.objectType,
      minArea: `${options.minArea.value} ${options.minArea.unit}`,
      simplify: options.simplify,
      precision: model.precision,
      adapter: model.about.name,
      fingerprint: run.fingerprint,
    },
    model: model.networks.map(({ name, architecture, ...said }, i) => ({
      weights: name,
      sha256: run.weightHashes?.[i],
      architecture: architecture.name,
      // A sigmoid of one output needs no word.
      activation: classes || said.activation === "softmax"
        ? said.activation
        : undefined,
      normalization: said.normalization,
      training: said.training,
    })),
    warnings: run.warnings ?? [],
  };
}

/** Size of a local file, if known; folders have none. */
export async function bytesOf(path: string): Promise<number | undefined> {
  if (isRemote(path)) return undefined;
  return await Deno.stat(path).then(
    ({ isFile, size }) => isFile ? size : undefined,
    () => undefined,
  );
}
