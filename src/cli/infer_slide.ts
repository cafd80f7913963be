import { Overview } from "../masks/pictures/overview.ts";
import { stitchBands } from "../masks/stitch/stitch_bands.ts";
import {
  type MaskSummary,
  summarizeMask,
  writeSummary,
} from "../masks/summarize_mask.ts";
import { writeBands } from "../masks/write_bands.ts";
import type { Model } from "../predict/model.ts";
import type { MemoryPlan } from "../predict/plan_memory.ts";
import { predictTiles } from "../predict/predict_tiles.ts";
import { writeReport } from "../report/write_report.ts";
import type { Slide } from "../slide/slide.ts";
import { keepTissue } from "../tiles/keep_tissue.ts";
import { planTiles } from "../tiles/plan_tiles.ts";
import { streamTiles } from "../tiles/stream_tiles.ts";
import { tap } from "../tiles/tap.ts";
import type { LiveRun } from "../view/live_view.ts";
import { describeMemory } from "./describe_memory.ts";
import type { InferOptions } from "./infer_options.ts";
import { KernelProfile } from "./kernel_profile.ts";
import { startProgress } from "./progress.ts";
import { resultFiles } from "./result_files.ts";
import type { RunContext } from "./run_context.ts";
import { isRemote } from "../slide/is_remote.ts";
import { resultSinks } from "./result_sinks.ts";
import { StageClock } from "./stage_clock.ts";

/** Runs a model over one slide, closes it, and writes the results that are asked for. */
export async function inferSlide(
  slide: Slide,
  model: Model,
  { options, run, signal, live }: {
    readonly options: InferOptions;
    readonly run: {
      /** What stands before the slide's name while it is worked on. */
      readonly label: string;
      /** Tells runs apart; see `runFingerprint()`. */
      readonly fingerprint: string | undefined;
      /** SHA-256 of each of the weights. */
      readonly weightHashes: readonly string[];
      /** Who does it. */
      readonly context: RunContext;
      /** When the work on the slide began. */
      readonly start: Date;
      /** The slide's path, or its URL without a query. */
      readonly path: string;
      /** Told how the GPU's memory is shared. */
      tellMemory(plan: MemoryPlan): void;
      /** Told how many micrometres a tile's pixel has; gives all that the run is warned of. */
      warn(tileMpp: number | undefined): readonly string[];
    };
    readonly signal: AbortSignal;
    readonly live?: LiveRun;
  },
): Promise<MaskSummary> {
  const { formats, fill, flips, threshold } = options;
  const { width, height, mpp, name } = slide;
  const tiling = {
    size: options.tile,
    expansion: options.expansion,
    downsample: options.downsample,
    mpp: options.mpp,
    level: options.level,
  };
  const grid = planTiles(slide, tiling);
  const bytes = await bytesOf(run.path);
  const warnings = run.warn(mpp && (mpp.x + mpp.y) / 2 * grid.downsample);
  const start = performance.now();
  const clock = new StageClock();
  // It holds a picture, so it is made only where it is asked for.
  const overview = formats.has("png") || formats.has("html")
    ? new Overview({ width, height })
    : undefined;
  const progress = startProgress({
    name: run.label + name,
    tiles: grid.count,
    quiet: options.quiet,
  });
  live?.begin({ tiles: grid.count, threshold });
  const tiles = { seen: 0, skipped: 0 };
  const profile = options.profile ? new KernelProfile() : undefined;
  const areas: number[] = [];
  const small = { count: 0, area: 0 };
  let memory: MemoryPlan | undefined;
  const sinks = resultSinks(slide, {
    options,
    overview,
    producer: run.context.producer,
    onObject(object) {
      areas.push(object.area);
      live?.addObject(object);
    },
    onSmallObject({ area }) {
      small.count++;
      small.area += area;
    },
  });
  // Objects have a mean probability; those who want none of these files are spared the read-back.
  const probability8 = ["geojson", "objects", "probability"] as const;

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
      progress.step();
    },
  });
  const predictions = tap(
    clock.waiting(
      "predict",
      predictTiles(tissue, model, {
        flips,
        threshold,
        onMemory(plan) {
          memory = plan;
          run.tellMemory(plan);
        },
        onProfile: profile && ((entries) => profile.add(entries)),
        probability8: live !== undefined ||
          probability8.some((format) => formats.has(format)),
        reuse: true,
        signal,
      }),
    ),
    (prediction) => {
      tiles.seen++;
      live?.add(prediction);
      progress.step();
    },
  );
  try {
    const bands = stitchBands(predictions, {
      ...{ width, height, signal },
      probability: formats.has("probability") ? "everywhere" : "objects",
    });
    await writeBands(bands, sinks, { signal });
  } finally {
    live?.end();
    await progress.stop();
  }
  const total = performance.now() - start;
  const stages = {
    read: clock.get("read"),
    predict: clock.get("predict") - clock.get("read"),
    write: total - clock.get("predict"),
  };
  if (profile) console.log(profile.table(stages));
  const summary = summarizeMask({
    slide: { name, width, height, mpp, path: run.path, bytes },
    run: run.context.record({ start: run.start, device: model }),
    areas,
    small,
    tiles,
    settings: {
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
      adapter: model.gpu.adapter,
      fingerprint: run.fingerprint,
    },
    model: model.networks.map(({ name, architecture, ...said }, i) => ({
      weights: name,
      sha256: run.weightHashes[i],
      architecture: architecture.name,
      normalization: said.normalization,
      training: said.training,
    })),
    warnings,
    milliseconds: { ...stages, total },
  });
  if (overview && formats.has("html")) {
    await writeReport(`${options.out}/${name}.html`, {
      summary,
      areas,
      overview,
      files: resultFiles(name, options).map((path) =>
        path.slice(options.out.length + 1)
      ).filter((file) => file !== `${name}.html`),
    });
  }
  // The last of all results: `--resume` takes it for the sign that they are whole.
  if (formats.has("json")) {
    await writeSummary(`${options.out}/${name}.json`, summary);
  }
  return summary;
}

/** Size of a local file, where it is known. */
async function bytesOf(path: string): Promise<number | undefined> {
  if (isRemote(path)) return undefined;
  return await Deno.stat(path).then(({ size }) => size, () => undefined);
}

/** Closes the slide after its last tile: nobody needs its blocks while the results are finished. */
async function* thenClose<T>(
  slide: Slide,
  tiles: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  yield* tiles;
  await slide[Symbol.asyncDispose]();
}
