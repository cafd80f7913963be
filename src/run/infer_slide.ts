import { basename, join } from "node:path";
import { Overview } from "../masks/pictures/overview.ts";
import { stitchBands } from "../masks/stitch/stitch_bands.ts";
import { type MaskSummary, summarizeMask } from "../masks/summarize_mask.ts";
import { writeBands } from "../masks/write_mask.ts";
import { withDefaults } from "../options/option.ts";
import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import { isRemote } from "../slide/open_source.ts";
import type { Slide } from "../slide/slide.ts";
import { tap } from "../tiles/area_downsample.ts";
import { keepTissue } from "../tiles/keep_tissue.ts";
import { planTiles, type Tile, type TileOptions } from "../tiles/plan_tiles.ts";
import { streamTiles } from "../tiles/stream_tiles.ts";
import type { LiveRun } from "../view/live_view.ts";
import { describeFiles } from "./batch_results.ts";
import { type InferOptions, inferOptions } from "./infer_options.ts";
import { describeMemory } from "./lazy_model.ts";
import type { JournalTile } from "./pack_tile.ts";
import {
  FORMATS,
  resultFiles,
  resultFormats,
  resultSinks,
} from "./result_formats.ts";
import { type JobOptions, RunContext, untold } from "./run_context.ts";
import { resumeTiles, type TileJournal } from "./tile_journal.ts";

/** Adds up the time of stages. */
export class StageClock {
  readonly #milliseconds = new Map<string, number>();

  /** Milliseconds of a stage. */
  get(stage: string): number {
    return this.#milliseconds.get(stage) ?? 0;
  }

  /** Passes items on, and adds up the time spent waiting for them. */
  async *waiting<T>(
    stage: string,
    items: AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    let start = performance.now();
    for await (const item of items) {
      this.#add(stage, start);
      yield item;
      start = performance.now();
    }
    this.#add(stage, start);
  }

  #add(stage: string, start: number): void {
    this.#milliseconds.set(stage, this.get(stage) + performance.now() - start);
  }
}

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
 * @throws {RangeError} If the slide cannot be cut into these tiles, or `minArea` is in µm² and the slide has no scale.
 *
 * @category Segmentation
 */
export async function inferSlide(
  slide: Slide,
  model: Model,
  given: InferSlideOptions,
): Promise<MaskSummary> {
  const options = withDefaults(inferOptions, given);
  const { run = {}, live, onMemory, onEvent: tell = untold, signal } = given;
  const { journal, inFlight } = given;
  const { formats, fill, flips, threshold, out } = options;
  const context = given.context ?? await RunContext.begin(given.command ?? []);
  const { width, height, mpp, name } = slide;
  const { path = name, start: begun = new Date() } = run;
  const tiling = tilingOf(options);
  const grid = planTiles(slide, tiling);
  const bytes = await bytesOf(path);
  const start = performance.now();
  const clock = new StageClock();
  const kinds = FORMATS.filter((format) => formats.has(format))
    .map((format) => resultFormats[format]);
  // It holds a picture, so it is made only if a format needs it.
  const overview = kinds.some(({ overview }) => overview)
    ? new Overview({ width, height })
    : undefined;
  await tell({ kind: "tiles", slide: name, tiles: grid.count });
  live?.begin({ tiles: grid.count, threshold });
  const tiles = { seen: 0, skipped: 0 };
  const areas: number[] = [];
  const small = { count: 0, area: 0 };
  let memory: MemoryPlan | undefined;
  const result = {
    slide: { name, width, height, mpp },
    overview,
    producer: context.producer,
    path: (suffix: string) => join(out, `${name}.${suffix}`),
  };
  const sinks = resultSinks(result, {
    ...options,
    onObject(object) {
      areas.push(object.area);
      live?.addObject(object);
    },
    onSmallObject({ area }) {
      small.count++;
      small.area += area;
    },
  });

  const read = clock.waiting(
    "read",
    thenClose(
      slide,
      streamTiles(slide, { ...tiling, fill, reuse: true, signal }),
    ),
  );
  const drawn = tap(read, (tile) => overview?.addTile(tile));
  const tissue = keepTissue(drawn, {
    onSkip() {
      tiles.skipped++;
      live?.skip();
      tell({ kind: "tile" });
    },
  });
  const predict = (tiles: AsyncIterable<Tile>) =>
    predictTiles(tiles, model, {
      ...{ flips, threshold, inFlight, signal },
      onMemory(plan) {
        memory = plan;
        onMemory?.(plan);
      },
      onProfile: options.profile
        ? (kernels) => void tell({ kind: "kernels", kernels })
        : undefined,
      // Without these files, nothing is read back.
      probability8: live !== undefined ||
        kinds.some(({ probability }) => probability),
      reuse: true,
    });
  const predictions = tap<JournalTile>(
    clock.waiting<JournalTile>(
      "predict",
      journal ? resumeTiles(tissue, journal, predict) : predict(tissue),
    ),
    (prediction) => {
      tiles.seen++;
      live?.add(prediction);
      tell({ kind: "tile" });
    },
  );
  try {
    const everywhere = kinds.some((kind) => kind.probability === "everywhere");
    const bands = stitchBands(predictions, {
      ...{ width, height, signal },
      probability: everywhere ? "everywhere" : "objects",
    });
    await writeBands(bands, sinks, { signal });
  } finally {
    live?.end();
    await tell({ kind: "tiled" });
  }
  const total = performance.now() - start;
  const stages = {
    read: clock.get("read"),
    predict: clock.get("predict") - clock.get("read"),
    write: total - clock.get("predict"),
  };
  if (options.profile) await tell({ kind: "profile", stages });
  const summary = summarizeMask({
    slide: { name, width, height, mpp, path, bytes },
    run: context.record({ start: begun, device: model }),
    areas,
    small,
    tiles,
    settings: {
      model: options.model,
      ...tiling,
      downsample: grid.downsample,
      level: grid.level,
      fill,
      flips,
      threshold,
      class: options.className,
      objectType: options.objectType,
      minArea: `${options.minArea.value} ${options.minArea.unit}`,
      simplify: options.simplify,
      precision: model.precision,
      memory: memory && describeMemory(memory),
      adapter: model.about.name,
      fingerprint: run.fingerprint,
    },
    model: model.networks.map(({ name, architecture, ...said }, i) => ({
      weights: name,
      sha256: run.weightHashes?.[i],
      architecture: architecture.name,
      normalization: said.normalization,
      training: said.training,
    })),
    warnings: run.warnings ?? [],
    milliseconds: { ...stages, total },
  });
  const paths = resultFiles(name, options);
  const files = paths.map((file) => basename(file));
  const finished = { ...result, areas, files };
  // `json` comes last: to `resume`, it means that all results are complete.
  const { json, ...others } = resultFormats;
  for (const kind of Object.values(others)) {
    if (kinds.includes(kind)) await kind.finish?.({ ...finished, summary });
  }
  if (!kinds.includes(json)) return summary;
  const whole = { ...summary, files: await describeFiles(paths) };
  await json.finish!({ ...finished, summary: whole });
  return whole;
}

/** The settings for tiles. */
export function tilingOf(
  { tile: size, expansion, downsample, mpp, level }: Pick<
    InferOptions,
    "tile" | "expansion" | "downsample" | "mpp" | "level"
  >,
): TileOptions {
  return { size, expansion, downsample, mpp, level };
}

/** Size of a local file, if known. */
async function bytesOf(path: string): Promise<number | undefined> {
  if (isRemote(path)) return undefined;
  return await Deno.stat(path).then(({ size }) => size, () => undefined);
}

/** Closes the slide after its last tile: its blocks are not needed while results are finished. */
async function* thenClose<T>(
  slide: Slide,
  tiles: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  yield* tiles;
  await slide.verify?.(); // before any result gets its name
  await slide[Symbol.asyncDispose]();
}
