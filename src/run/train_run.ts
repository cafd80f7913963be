import type { Gpu } from "../gpu/gpu.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Architecture } from "../models/architecture.ts";
import type { Option } from "../options/option.ts";
import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";
import { Model } from "../predict/model.ts";
import type { TrainingData } from "../train/data/training_data.ts";
import { weightsOf } from "../train/initialize_weights.ts";
import { type PredictedSample, trainPage } from "../train/page.ts";
import type { Validation } from "../train/train.ts";
import type {
  CheckpointEvent,
  EpochEvent,
  EpochRecord,
  TrainingState,
} from "../train/train_event.ts";
import {
  checkpointMetadata,
  decodeTrainingCheckpoint,
  encodeTrainingCheckpoint,
  type TrainingCheckpoint,
} from "../train/training_checkpoint.ts";
import type { TrainingStep } from "../train/training_step.ts";
import { validateSamples } from "../train/validate_samples.ts";
import { toFloat32 } from "../weights/tensor_data.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import { spreadOver } from "./infer_options.ts";
import { RunFolder } from "./run_folder.ts";
import { trainOptions, type TrainRunOptions } from "./train_options.ts";

const STATE = "state.safetensors";
/** What the columns of the log are called. */
export const LOG_HEADER = "epoch,train_loss,val_loss,dice_coef";
/** Options that are noted when the data is known, which may decide them. */
const LATER = new Set(["tile", "downsample", "mpp", "normalization"]);
/** Whether the result follows from an option: a path may change, `trainedOn` tells whether what lies there is the same. */
const affects = new Map<string, Option<unknown>["affects"]>(
  Object.entries<Option<unknown>>(trainOptions)
    .map(([name, { affects = true }]) => [name, affects]),
);
/** An epoch as the log has it. */
export function logLine(
  { epoch, trainLoss, valLoss, dice }: EpochRecord,
): string {
  return [
    epoch,
    ...[trainLoss, valLoss, dice].map((value) => value?.toFixed(6) ?? ""),
  ].join(",");
}

/** Tiles shown on the page. */
const SHOWN = 6;

/** One training run, and the folder it keeps. */
export class TrainRun {
  /** Where the run goes on; `undefined` where it starts. */
  readonly resumed: TrainingCheckpoint | undefined;
  readonly #options: TrainRunOptions;
  readonly #folder: RunFolder;
  #architecture!: Architecture;
  #data!: TrainingData;
  #normalization!: Normalization;
  #metadata!: Readonly<Record<string, string>>;
  #warnings: readonly string[] = [];
  readonly #settings: Record<string, string> = {};
  #history: readonly EpochRecord[];
  #samples: PredictedSample[] = [];
  /** Whether the folder holds a state. */
  #saved: boolean;
  /** What validation read back, for the checkpoint that follows. */
  #state: TrainingState | undefined;

  private constructor(
    options: TrainRunOptions,
    folder: RunFolder,
    resumed: TrainingCheckpoint | undefined,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.resumed = resumed;
    this.#saved = resumed !== undefined;
    this.#history = resumed?.progress.history ?? [];
    const deciding = Object.entries(options)
      .filter(([name, value]) => {
        const counts = affects.get(name) ?? true;
        if (LATER.has(name)) return false;
        return counts === "if given" ? value !== undefined : counts;
      });
    this.#note(Object.fromEntries(deciding));
  }

  /**
   * Opens the folder of a new run, which is there, or of one to resume.
   *
   * @throws {Error} where the folder holds a run already, and it is not to go on.
   * @throws {RangeError} where an option that decides the result is another than before.
   */
  static async open(options: TrainRunOptions): Promise<TrainRun> {
    const folder = await RunFolder.open(options.out);
    const bytes = await folder.read(STATE);
    if (bytes && !options.resume) {
      throw new Error(
        `Cannot start a run as its folder must not hold one: received "${options.out}"; --resume goes on with it`,
      );
    }
    let resumed: TrainingCheckpoint | undefined;
    try {
      resumed = bytes && decodeTrainingCheckpoint(bytes);
    } catch (cause) {
      throw new Error(
        `Cannot resume as ${options.out}/${STATE} must be whole: received "${
          (cause as Error).message
        }"`,
        { cause },
      );
    }
    return new TrainRun(options, folder, resumed);
  }

  /**
   * Notes what the run is about, and compares it with what it was before it stopped.
   *
   * @throws {RangeError} where it is something else now.
   */
  begin(
    { architecture, data, normalization, training, warnings }: {
      readonly architecture: Architecture;
      readonly data: TrainingData;
      readonly normalization: Normalization;
      /** What checkpoints say of it. */
      readonly training: NetworkTraining;
      /** What the page says of it. */
      readonly warnings: readonly string[];
    },
  ): void {
    this.#architecture = architecture;
    this.#data = data;
    this.#normalization = normalization;
    this.#metadata = checkpointMetadata({ normalization, training });
    this.#warnings = warnings;
    const { size: tile, downsample, mpp, train, trainSlides } = data;
    const trainedOn = `${train.length} tiles of ${trainSlides.join(", ")}`;
    this.#note({ tile, downsample, mpp, ...normalization, trainedOn });
  }

  /** Adds to the settings, and compares them with what they were before the run stopped. */
  #note(values: Readonly<Record<string, unknown>>): void {
    for (const [name, given] of Object.entries(values)) {
      const value = this.#settings[name] = String(given ?? "");
      const before = this.resumed?.settings[name] ?? value;
      if (before === value || affects.get(name) === "path") continue;
      throw new RangeError(
        `Cannot resume as a run's options stay as they are: received ${name} "${value}" after "${before}"`,
      );
    }
  }

  /** The epochs so far. */
  get history(): readonly EpochRecord[] {
    return this.#history;
  }

  /** Whether the folder holds something to go on from. */
  get saved(): boolean {
    return this.#saved;
  }

  /** Scores the step's weights on the validation slides, by expansion tiles. */
  async validate(
    { gpu, step, signal }: {
      readonly gpu: Gpu;
      readonly step: TrainingStep;
      readonly signal?: AbortSignal;
    },
  ): Promise<Validation> {
    const { expansion, precision } = this.#options;
    const data = this.#data;
    const state = await step.state();
    await using model = new Model({
      gpu,
      ownsGpu: false,
      precision,
      normalization: this.#normalization,
    });
    await model.add(
      "training",
      this.#architecture,
      (key) => toFloat32(state.parameters.get(key)!),
    );
    async function* tiles() {
      const batches = data.validationBatches({ batch: 1, expansion, signal });
      for await (const { tiles } of batches) yield* tiles;
    }
    const shown = spreadOver(data.validation, SHOWN);
    const samples: PredictedSample[] = [];
    let index = 0;
    const result = await validateSamples(model, tiles(), {
      expansion,
      signal,
      onSample: (sample) => {
        if (shown.has(index++)) samples.push(sample);
      },
    });
    this.#samples = samples;
    this.#state = state;
    return result;
  }

  /**
   * Saves what an event left: after an epoch weights, log and page, and always the state, last, for it vouches for the rest.
   *
   * @returns what went wrong, if anything new did.
   */
  async save(
    event: CheckpointEvent | EpochEvent,
    step: TrainingStep,
  ): Promise<string> {
    const { progress } = event;
    const state = event.kind === "epoch" && this.#state || await step.state();
    this.#state = undefined;
    this.#history = progress.history;
    const files = new Map<string, Uint8Array>();
    if (event.kind === "epoch") {
      const { epoch, dice } = event.record;
      const weights = writeSafetensors(weightsOf(state), {
        format: "pt",
        arch: this.#architecture.name,
        epoch: String(epoch),
        ...(dice !== undefined && { dice_coef: String(dice) }),
        ...this.#metadata,
      });
      if (event.best) files.set("best.safetensors", weights);
      files.set("last.safetensors", weights);
      await this.#addTexts(files);
    }
    const settings = this.#settings;
    const metadata = { arch: this.#architecture.name, ...this.#metadata };
    files.set(
      STATE,
      encodeTrainingCheckpoint({ state, progress, settings, metadata }),
    );
    const trouble = await this.#folder.write(files);
    this.#saved ||= !this.#folder.trouble;
    return trouble;
  }

  /**
   * Writes what is still to be written.
   *
   * @throws {Error} where that fails.
   */
  async end(): Promise<void> {
    await this.#folder.write(new Map());
    if (this.#folder.trouble) throw new Error(this.#folder.trouble);
  }

  /** What is said after Ctrl-C. */
  interrupted(): string {
    const { path, trouble } = this.#folder;
    if (!this.#saved) {
      return `Interrupted: there is nothing to keep in "${path}" yet`;
    }
    return trouble
      ? `Interrupted: ${trouble}; --resume goes on from an earlier checkpoint`
      : `Interrupted: "${path}" holds what was done, --resume goes on`;
  }

  async #addTexts(files: Map<string, Uint8Array>): Promise<void> {
    const text = new TextEncoder();
    const lines = this.#history.map((record) => logLine(record));
    files.set("log.csv", text.encode([LOG_HEADER, ...lines, ""].join("\n")));
    const { epochs, fold, folds } = this.#options;
    const page = await trainPage({
      title: `${this.#architecture.name}, fold ${fold} of ${folds}`,
      epochs,
      history: this.#history,
      settings: this.#settings,
      samples: this.#samples,
      warnings: this.#warnings,
      done: this.#history.length >= epochs,
    });
    files.set("train.html", text.encode(page));
  }
}
