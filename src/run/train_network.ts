import { join } from "node:path";
import { Gpu } from "../gpu/gpu.ts";
import { givenFlags, withDefaults } from "../options/option.ts";
import { readTraining } from "../predict/checkpoint_metadata.ts";
import { hubmapNormalization } from "../predict/load_model.ts";
import { Augmenter } from "../train/augment/augmenter.ts";
import { readTileClasses } from "../train/data/tile_folder_samples.ts";
import { augmentedBatches } from "../train/augmented_batches.ts";
import { compileTraining } from "../train/compile_training.ts";
import { train } from "../train/train.ts";
import {
  bestEpoch,
  type EpochRecord,
  type TrainEvent,
} from "../train/train_event.ts";
import { describeTraining } from "./describe_training.ts";
import { checkTiling } from "./infer_options.ts";
import { chooseNetwork } from "./choose_network.ts";
import { leaseResults, makeFolder, refuseExisting } from "./output_folder.ts";
import {
  endless,
  type JobOptions,
  RunContext,
  type RunEvent,
  untold,
} from "./run_context.ts";
import { trainOptions, type TrainRunOptions } from "./train_options.ts";
import { MODEL_FOLDER, packRun, type RunFacts } from "./pack_run.ts";
import { TrainRun } from "./train_run.ts";
import { adviseParts, contradicted, leftOut } from "./training_troubles.ts";
import { type TrainedDefaults, TrainedWith } from "./trained_with.ts";
import { prepareTrainingData } from "./training_data.ts";

/** The files of a run besides its state. */
const RESULTS = [
  ...["best.safetensors", "last.safetensors", "log.csv", "train.html"],
  MODEL_FOLDER,
];

/**
 * Events of {@linkcode trainNetwork}.
 *
 * @category Training
 */
export type TrainRunEvent =
  | RunEvent
  | TrainEvent
  /** An error that does not end the run. */
  | { readonly kind: "trouble"; readonly text: string }
  /** The run was interrupted; the text says what its folder holds. */
  | { readonly kind: "interrupted"; readonly text: string };

/**
 * Options for {@linkcode trainNetwork}.
 *
 * @category Training
 */
export interface TrainNetworkOptions
  extends
    Partial<Omit<TrainRunOptions, "out">>,
    Pick<TrainRunOptions, "out">,
    Omit<JobOptions, "onEvent" | "command"> {
  /** Called with each event. Default: none. */
  readonly onEvent?: (event: TrainRunEvent) => void | Promise<void>;
}

/**
 * The result of a training run.
 *
 * @category Training
 */
export interface TrainedNetwork {
  /** Its epochs. */
  readonly history: readonly EpochRecord[];
  /** The epoch with the highest soft Dice, whose weights are in `best.safetensors`. */
  readonly best?: EpochRecord & { readonly dice: number };
  /** The folder of the model made of them, with `license`. */
  readonly model?: string;
}

/**
 * Trains a network on slides and labels, or on tiles from {@linkcode tileSlides}, and saves the run in a folder:
 * `best.safetensors`, `last.safetensors`, `log.csv`, `train.html`, and `state.safetensors` for `resume`; with `license`, a
 * model's folder with a card in the end, `model`. Deno only.
 *
 * @example
 * ```ts ignore
 * import { trainNetwork } from "@tilewise/tilewise/run";
 *
 * const { best } = await trainNetwork({
 *   slides: "slides",
 *   labels: ["train.csv"],
 *   out: "run",
 *   epochs: 20,
 *   onEvent(event) {
 *     if (event.kind === "epoch") console.log(event.record);
 *   },
 * });
 * console.log(best?.epoch, best?.dice);
 * ```
 *
 * @throws {Error} If the folder holds a run and `resume` is not set, or slides or labels cannot be read.
 * @throws {RangeError} If options that affect the result differ from those of the resumed run.
 *
 * @category Training
 */
export async function trainNetwork(
  given: TrainNetworkOptions,
): Promise<TrainedNetwork> {
  const { onEvent: tell = untold, signal = endless() } = given;
  const trained = await TrainedWith.read(given.from ? [given.from] : []);
  const flags = givenFlags(trainOptions, given);
  const options = resolve(given, trained.defaults(flags));
  checkTiling(options);
  if (options.tiles === undefined) {
    const expansions = [options.expansion];
    await trained.tellDefaults(
      given.normalization ? new Set([...flags, "mean"]) : flags,
      { ...options, expansions },
      tell,
    );
  }
  await using _out = await makeFolder(options.out, "the run");
  await using lease = await leaseResults(join(options.out, ".lock"), {
    action: `write checkpoints to "${options.out}"`,
    context: await RunContext.begin([]),
    signal,
  });
  const run = await TrainRun.open(options);
  if (!options.resume) {
    const paths = RESULTS.map((name) => join(options.out, name));
    await refuseExisting(paths, "use another --out");
  }
  let facts: RunFacts;
  try {
    facts = await runEpochs(run, {
      ...{ options, trained, tell },
      signal: AbortSignal.any([signal, lease.lost]),
    });
  } catch (error) {
    if (signal.aborted) {
      await tell({ kind: "interrupted", text: run.interrupted() });
    }
    throw error;
  }
  const { history } = run;
  const onNotice = (text: string) => void tell({ kind: "trouble", text });
  const model = await packRun(options, { history, facts, onNotice });
  return { history, best: bestEpoch(history), ...model };
}

/** Given settings, else those of the checkpoint, else defaults. */
function resolve(
  given: TrainNetworkOptions,
  { classification, outputs, activation, ...tiling }: TrainedDefaults,
): TrainRunOptions {
  const { tiles, normalization, preferred = classification } = given;
  // Tiles have settings of their own.
  const said = tiles === undefined ? tiling : {};
  const options = withDefaults(trainOptions, said, given);
  return {
    ...options,
    expansion: tiles === undefined ? options.expansion : 0,
    pseudoSlides: options.pseudoSlides ?? options.slides,
    normalization,
    activation: options.activation ?? activation,
    classification: options.classification ??
      (tiles === undefined ? outputs?.map(({ name }) => name) : undefined),
    ...(preferred !== undefined && { preferred }),
  };
}

async function runEpochs(
  run: TrainRun,
  { options, trained, tell, signal }: {
    readonly options: TrainRunOptions;
    readonly trained: TrainedWith;
    tell(event: TrainRunEvent): void | Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<RunFacts> {
  const { batch, accumulate, seed, augment, precision, epochs } = options;
  // Quick checks come first: slides take a while.
  const network = await chooseNetwork({
    ...options,
    classes: await countClasses(options),
  });
  using gpu = await Gpu.request({ adapter: options.device });
  await tell({ kind: "device", about: gpu.about, precision });
  await using prepared = await prepareTrainingData(options, {
    signal,
    warn: (text) => void tell({ kind: "note", text }),
  });
  const { data } = prepared;
  const { architecture, weights } = network;
  if (network.notice) await tell({ kind: "notice", text: network.notice });
  const normalization = options.normalization ?? network.normalization ??
    data.normalization ?? hubmapNormalization;
  const part = batch / accumulate;
  const training = describeTraining(options, prepared);
  const warnings = contradicted(trained, { options, training, normalization });
  const before = readTraining(run.resumed?.metadata ?? {})?.data;
  if (before !== undefined && before !== training.data) {
    warnings.push(
      "slides or labels are not those that the run began with, or were copied or changed since",
    );
  }
  for (const text of warnings) await tell({ kind: "warning", text });
  run.begin({ architecture, data, normalization, training, warnings });
  using step = await compileTraining(gpu, architecture, weights, {
    batch: part,
    height: data.size,
    width: data.size,
    precision,
    classes: data.classes?.length,
    activation: options.activation,
    hasUnknown: data.train.some(({ known }) => known !== undefined),
    maxBytes: (options.memory ?? Infinity) * 2 ** 30,
  }).catch(adviseParts);
  using augmenter = await Augmenter.create(gpu, {
    side: data.size,
    normalization,
    precision,
  });
  if (run.resumed) step.load(run.resumed.state);
  await tell({
    kind: "begin",
    slides: data.trainSlides.length,
    ...(data.classes && { classes: data.classes }),
  });
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
        await tell(event);
        const text = leftOut(event, precision);
        if (!event.applied && !skipped) await tell({ kind: "trouble", text });
        skipped = !event.applied;
        continue;
      }
      const trouble = await run.save(event, step);
      const text = `${trouble}; training continues, the last checkpoint stays`;
      if (trouble) await tell({ kind: "trouble", text });
      await tell(event);
    }
  } catch (error) {
    if (!signal.aborted && run.saved) {
      const text = `the checkpoints in "${options.out}" stay`;
      await tell({ kind: "trouble", text });
    }
    throw error;
  }
  await run.end();
  return { data, fingerprint: prepared.fingerprint };
}

/** The number of classes, before slides are opened. */
async function countClasses(
  { tiles, classification }: TrainRunOptions,
): Promise<number> {
  const classes = tiles === undefined
    ? classification
    : await readTileClasses(tiles);
  return typeof classes === "object" ? classes.length : 1;
}
