import { severalOf } from "../io/classes.ts";
import { Overview } from "../masks/pictures/overview.ts";
import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { predictTiles, type TilePrediction } from "../predict/predict_tiles.ts";
import type { Slide } from "../slide/slide.ts";
import { tap } from "../tiles/area_downsample.ts";
import { keepTissue } from "../tiles/keep_tissue.ts";
import type { Tile, TileOptions } from "../tiles/plan_tiles.ts";
import { streamTiles } from "../tiles/stream_tiles.ts";
import type { LiveRun } from "../view/live_view.ts";
import type { InferOptions } from "./infer_options.ts";
import { describeMemory } from "./lazy_model.ts";
import type { JournalTile } from "./pack_tile.ts";
import { neededBy } from "./result_formats.ts";
import type { Tell } from "./run_context.ts";
import type { SlideRegion } from "./slide_region.ts";
import { resumeTiles, type TileJournal } from "./tile_journal.ts";
import {
  countDisagreement,
  countUncertain,
  uncertainBytes,
} from "./uncertainty.ts";

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

/** Options for {@linkcode predictSlide}. */
export interface PredictSlideOptions {
  /** The settings. */
  readonly options: InferOptions;
  /** The part of the slide that is looked at. Default: all. */
  readonly region?: SlideRegion;
  /** The rows of tiles, the last excluded. Default: all. */
  readonly rows?: readonly [first: number, end: number];
  /** Finished tiles of an interrupted run, and where those of this run are recorded. Default: none. */
  readonly journal?: TileJournal;
  /** Tiles on the GPU at a time. Default: see `predictTiles()`. */
  readonly inFlight?: number;
  /** A page that shows the progress. */
  readonly live?: LiveRun;
  /** Called with the plan of the GPU's memory. */
  readonly onMemory?: (plan: MemoryPlan) => void;
  /** Called with events. */
  readonly tell: Tell;
  /** Stops early. */
  readonly signal?: AbortSignal;
}

/** The tiles of a slide as they are predicted, and what is known after the last. */
export interface SlideWork {
  /** Predicted tiles in row-major order; the slide is closed after the last. */
  readonly predictions: AsyncIterable<JournalTile>;
  /** The slide's picture, if a format needs it. */
  readonly overview?: Overview;
  /** Numbers of tiles so far. */
  readonly tiles: { readonly seen: number; readonly skipped: number };
  /** Pixels of the region in the tiles that were predicted so far. */
  readonly seenPx: number;
  /** Time spent waiting for tiles (`read`), and for predictions, those included (`predict`). */
  readonly clock: StageClock;
  /** How networks share the GPU's memory, if they take turns. */
  readonly memory: string | undefined;
}

/** Reads the tiles of a slide, draws its picture, and predicts those with tissue. */
export function predictSlide(
  slide: Slide,
  model: Model,
  { options, region, rows, live, journal, inFlight, tell, signal, ...on }:
    PredictSlideOptions,
): SlideWork {
  const { width, height } = slide;
  const { fill, flips, threshold } = options;
  const needed = neededBy(options.formats);
  const classes = severalOf(options.classes);
  const clock = new StageClock();
  // It holds a picture, so it is made only if a format needs it.
  const overview = needed.overview
    ? new Overview({ width, height, classes })
    : undefined;
  const tiles = { seen: 0, skipped: region?.skipped ?? 0 };
  let seenPx = 0;
  let memory: MemoryPlan | undefined;
  const read = clock.waiting(
    "read",
    thenClose(
      slide,
      streamTiles(slide, {
        ...tilingOf(options),
        ...{ rows, fill, reuse: true, signal },
        only: region && ((position) => region.has(position)),
      }),
    ),
  );
  const drawn = tap(read, (tile) => overview?.addTile(tile));
  const tissue = region?.hasTissue ? drawn : keepTissue(drawn, {
    saturation: options.tissueSaturation,
    pixels: options.tissuePixels,
    onSkip() {
      tiles.skipped++;
      live?.skip();
      tell({ kind: "tile" });
    },
  });
  const clipped = <T extends JournalTile>(predictions: AsyncIterable<T>) =>
    region ? tap(predictions, (one) => region.clip(one)) : predictions;
  const uncertain = uncertainBytes(threshold);
  const counted = async function* (predictions: AsyncIterable<TilePrediction>) {
    for await (const { votes8, ...one } of predictions) {
      const { tile, probability8 } = one;
      const uncertainPx = probability8 &&
        countUncertain({ tile, probability8 }, { uncertain, width, height });
      const disagreementPx = votes8 &&
        countDisagreement({ tile, votes8 }, { width, height });
      yield { ...one, uncertainPx, disagreementPx };
    }
  };
  const predict = (tiles: AsyncIterable<Tile>) =>
    counted(clipped(predictTiles(tiles, model, {
      ...{ flips, threshold, inFlight, signal },
      onMemory(plan) {
        memory = plan;
        on.onMemory?.(plan);
      },
      onProfile: options.profile
        ? (kernels) => void tell({ kind: "kernels", kernels })
        : undefined,
      // Without these files, nothing is read back.
      probability8: live !== undefined || needed.probability !== "none",
      probabilities8: classes && needed.probability === "everywhere",
      votes8: needed.probability !== "none" && model.networks.length > 1 &&
        !region?.clips,
      reuse: true,
    })));
  const predictions = tap<JournalTile>(
    clock.waiting<JournalTile>(
      "predict",
      journal ? resumeTiles(tissue, journal, predict) : predict(tissue),
    ),
    (prediction) => {
      tiles.seen++;
      seenPx += region?.pixelsIn(prediction.tile) ?? 0;
      live?.add(prediction);
      tell({ kind: "tile" });
    },
  );
  return {
    ...{ predictions, overview, tiles, clock },
    get seenPx() {
      return seenPx;
    },
    get memory() {
      return memory && describeMemory(memory);
    },
  };
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

/** Closes the slide after its last tile: its blocks are not needed while results are finished. */
async function* thenClose<T>(
  slide: Slide,
  tiles: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  yield* tiles;
  await slide.verify?.(); // before any result gets its name
  await slide[Symbol.asyncDispose]();
}
