import { Gpu } from "../gpu/gpu.ts";
import { GpuError } from "../gpu/gpu_error.ts";
import { augmentedBatches } from "../train/augmented_batches.ts";
import { Augmenter } from "../train/augment/augmenter.ts";
import { compileTraining } from "../train/compile_training.ts";
import { train } from "../train/train.ts";
import { hubmapNormalization } from "../predict/load_model.ts";
import type { Normalization } from "../kernels/load_tile.ts";
import {
  type NetworkTraining,
  readTraining,
} from "../predict/checkpoint_training.ts";
import { allowFiles } from "./allow_files.ts";
import { checkTiling } from "./check_tiling.ts";
import { chooseNetwork } from "./choose_network.ts";
import { describeTraining } from "./describe_training.ts";
import { givenOptions } from "./given_options.ts";
import { makeFolder } from "./make_folder.ts";
import { prepareTrainingData } from "./prepare_training_data.ts";
import { refuseExisting } from "./refuse_existing.ts";
import { tellDevice } from "./tell_device.ts";
import { eraseBar } from "./progress_bar.ts";
import { startTrainProgress } from "./train_progress.ts";
import {
  parseTrainOptions,
  type TrainCommandOptions,
  trainHelp,
} from "./train_options.ts";
import { LOG_HEADER, TrainRun } from "./train_run.ts";
import { mixedScales, tileMppOf } from "./tile_scale.ts";
import { TrainedWith } from "./trained_with.ts";

/** What a run leaves beside its state. */
const RESULTS = [
  "best.safetensors",
  "last.safetensors",
  "log.csv",
  "train.html",
];

/**
 * The command `train`: slides and labels in, checkpoints out.
 *
 * @returns the exit code.
 * @throws {UsageError} where the command line makes no sense, and whatever ends the training.
 */
export async function trainCommand(
  args: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  const parsed = parseTrainOptions(args);
  if (!parsed) {
    console.log(trainHelp);
    return 0;
  }
  const { from, tiles, quiet } = parsed;
  const trained = await TrainedWith.read(from === undefined ? [] : [from]);
  const given = givenOptions(args);
  const { classification: preferred, ...tiling } = trained.defaults(given);
  const options: TrainCommandOptions = {
    ...parsed,
    // Tiles are as they were made.
    ...(tiles === undefined && tiling),
    ...(preferred !== undefined && { preferred }),
  };
  checkTiling(options);
  if (tiles === undefined && !quiet) {
    const expansions = [options.expansion];
    trained.tellDefaults(given, { ...options, expansions });
  }
  await using _out = await makeFolder(options.out, "the run");
  // Its tiles are read while the run goes on.
  if (options.tiles) await allowFiles([options.tiles], { action: "train" });
  const { quiet: _, ...decided } = options;
  const run = await TrainRun.open(decided);
  if (!options.resume) {
    const paths = RESULTS.map((name) => `${options.out}/${name}`);
    await refuseExisting(paths, "another --out keeps them");
  }
  try {
    await trainRun(run, { options, trained, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    console.error(`tilewise: ${run.interrupted()}`);
    return 130;
  }
  return 0;
}

async function trainRun(
  run: TrainRun,
  { options, trained, signal }: {
    readonly options: TrainCommandOptions;
    readonly trained: TrainedWith;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { batch, accumulate, seed, augment, precision, epochs, quiet } =
    options;
  const warn = (text: string) => {
    eraseBar();
    console.error(`tilewise: ${text}`);
  };
  // What is soon known to be wrong comes before the slides, which take a while.
  const network = await chooseNetwork(options);
  using gpu = await Gpu.request({ adapter: options.device });
  tellDevice(gpu, options);
  await using prepared = await prepareTrainingData(options, { signal, warn });
  const { data } = prepared;
  const { architecture, weights } = network;
  const normalization = options.normalization ?? network.normalization ??
    data.normalization ?? hubmapNormalization;
  const part = batch / accumulate;
  const training = describeTraining(options, prepared);
  const warnings = contradicted(trained, { options, training, normalization });
  const before = readTraining(run.resumed?.metadata ?? {})?.data;
  if (before !== undefined && before !== training.data) {
    warnings.push(
      "slides or labels are not the files that the run began with, or were copied or changed since",
    );
  }
  if (!quiet) warnings.forEach((text) => warn(`warning: ${text}`));
  run.begin({ architecture, data, normalization, training, warnings });
  using step = await compileTraining(gpu, architecture, weights, {
    batch: part,
    height: data.size,
    width: data.size,
    precision,
    maxBytes: (options.memory ?? Infinity) * 2 ** 30,
  }).catch(adviseParts);
  using augmenter = await Augmenter.create(gpu, {
    side: data.size,
    normalization,
    precision,
  });
  if (run.resumed) step.load(run.resumed.state);
  if (!quiet) console.error(LOG_HEADER);
  const progress = startTrainProgress({ epochs, batch, quiet });
  const events = train(step, {
    data: augmentedBatches(data, augmenter, { batch: part, seed, augment }),
    epochs,
    accumulate,
    seed,
    maxLearningRate: options.lr,
    checkpointEvery: options.saveEvery,
    progress: run.resumed?.progress,
    validate: ({ signal }) => run.validate({ gpu, step, signal }),
    signal,
  });
  let skipped = false;
  try {
    for await (const event of events) {
      if (event.kind === "update") {
        progress.update(event);
        if (!event.applied && !skipped) {
          warn(
            `epoch ${event.epoch}, update ${event.update}: a gradient is not finite; the update is left out${
              precision === "f16" ? " and the loss scale halved" : ""
            }`,
          );
        }
        skipped = !event.applied;
        if (event.update === event.updates) await progress.pause();
        continue;
      }
      const trouble = await run.save(event, step);
      if (trouble) {
        warn(`${trouble}; training goes on, the last checkpoint stays`);
      }
      if (event.kind === "epoch" && !quiet) {
        console.log(run.logLine(event.record));
      }
    }
  } catch (error) {
    if (!signal.aborted && run.saved) {
      warn(`what was saved in "${options.out}" stays`);
    }
    throw error;
  } finally {
    await progress.pause();
  }
  await run.end();
  if (!quiet) warn(run.ended());
}

/** What of a run contradicts the checkpoint that it goes on from, or itself, a line each. */
function contradicted(
  trained: TrainedWith,
  { options, training, normalization }: {
    readonly options: TrainCommandOptions;
    readonly training: NetworkTraining;
    readonly normalization: Normalization;
  },
): string[] {
  const { mpp, downsample, tile, expansion, classes } = training;
  const run = {
    ...{ mpp, downsample, normalization },
    tile: tile ?? options.tile,
    expansions: expansion === undefined ? undefined : [expansion],
    classification: classes?.[0],
  };
  return [
    ...mixedScales(training),
    ...trained.warnings(run),
    ...trained.scaleWarnings(run, tileMppOf(training)),
  ];
}

/** Memory is what a batch in parts saves. */
function adviseParts(error: unknown): never {
  if (error instanceof GpuError && error.kind === "out-of-memory") {
    throw new GpuError(
      error.kind,
      `${error.message}; --accumulate runs a batch in parts, --memory keeps less`,
      { cause: error },
    );
  }
  throw error;
}
