import { cannot, reasonOf } from "../errors/cannot.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Architecture } from "../models/architecture.ts";
import type { Option } from "../options/option.ts";
import type { NetworkTraining } from "../predict/checkpoint_metadata.ts";
import { GpuBackend } from "../predict/gpu_backend.ts";
import { Model } from "../predict/model.ts";
import type { TrainingData } from "../train/data/training_data.ts";
import { weightsOf } from "../train/initialize_weights.ts";
import { trainPage } from "../train/page.ts";
import type { PredictedSample } from "../train/sample_picture.ts";
import type {
  CheckpointEvent,
  EpochEvent,
  EpochRecord,
  TrainingState,
  Validation,
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
import { isIntact, seal, UNSEALED } from "./seal.ts";
import { logHeader, logLine } from "./train_log.ts";
import { trainOptions, type TrainRunOptions } from "./train_options.ts";

const STATE = "state.safetensors";
/** Options that may follow from the data, so that they are recorded later. */
const LATER = new Set(["tile", "downsample", "mpp", "normalization"]);
/** Whether an option affects the result: a path may change, as `trainedOn` identifies its contents. */
const affects = new Map<string, Option<unknown>["affects"]>(
  Object.entries<Option<unknown>>(trainOptions)
    .map(([name, { affects = true }]) => [name, affects]),
);
/** Number of tiles on the page. */
const SHOWN = 6;

/** How many pixels of training samples are known, if not all are. */
function knownOf({ train, size }: TrainingData): string {
  if (train.every(({ known }) => known === undefined)) return "";
  const known = train.reduce((sum, one) => sum + (one.known ?? size ** 2), 0);
  return `, ${known} of ${train.length * size ** 2} pixels known`;
}

/** A training run and its folder. */
export class TrainRun {
  /** The checkpoint that the run continues from; `undefined` if it is new. */
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
  /** The state that validation read back, for the next checkpoint. */
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
   * Opens the existing folder of a new run, or of one to resume.
   *
   * @throws {Error} If the folder holds a run and `resume` is not set.
   * @throws {RangeError} If an option that affects the result has changed.
   */
  static async open(options: TrainRunOptions): Promise<TrainRun> {
    const folder = new RunFolder(options.out);
    const bytes = await folder.read(STATE);
    if (bytes && !options.resume) {
      throw cannot(
        `start a run in "${options.out}"`,
        "the folder holds a run already; use --resume to continue it, or another --out",
      );
    }
    let resumed: TrainingCheckpoint | undefined;
    try {
      resumed = bytes && decodeTrainingCheckpoint(bytes);
      if (bytes && !isIntact(bytes)) throw new Error("its checksum differs");
    } catch (cause) {
      throw cannot(
        `resume the run in "${options.out}"`,
        `${STATE} is damaged (${reasonOf(cause)})`,
        { cause, kind: Error },
      );
    }
    await folder.expectResults(resumed?.progress.history ?? []);
    return new TrainRun(options, folder, resumed);
  }

  /**
   * Records the data and network of the run, and compares them with those before it stopped.
   *
   * @throws {RangeError} If they have changed.
   */
  begin(
    { architecture, data, normalization, training, warnings }: {
      readonly architecture: Architecture;
      readonly data: TrainingData;
      readonly normalization: Normalization;
      /** Its description in checkpoints. */
      readonly training: NetworkTraining;
      /** Warnings for the page. */
      readonly warnings: readonly string[];
    },
  ): void {
    this.#architecture = architecture;
    this.#data = data;
    this.#normalization = normalization;
    this.#metadata = checkpointMetadata({ normalization, training });
    this.#warnings = warnings;
    const { size: tile, downsample, mpp, train, trainSlides } = data;
    const trainedOn = `${train.length} tiles of ${trainSlides.join(", ")}` +
      knownOf(data);
    this.#note({ tile, downsample, mpp, ...normalization, trainedOn });
  }

  /** Adds settings, and compares them with those before the run stopped. */
  #note(values: Readonly<Record<string, unknown>>): void {
    for (const [name, given] of Object.entries(values)) {
      const value = this.#settings[name] = String(given ?? "");
      const before = this.resumed?.settings[name] ?? value;
      if (before === value || affects.get(name) === "path") continue;
      throw cannot(
        `resume the run in "${this.#options.out}"`,
        `its options must not change, but ${name} was "${before}" and is "${value}"`,
        { kind: RangeError },
      );
    }
  }

  /** The epochs so far. */
  get history(): readonly EpochRecord[] {
    return this.#history;
  }

  /** Whether the folder holds a state to continue from. */
  get saved(): boolean {
    return this.#saved;
  }

  /** Scores the step's weights on expansion tiles of the validation slides. */
  async validate(
    { gpu, step, signal }: {
      readonly gpu: Gpu;
      readonly step: TrainingStep;
      readonly signal?: AbortSignal;
    },
  ): Promise<Validation> {
    const { expansion, precision, activation = "sigmoid" } = this.#options;
    const data = this.#data;
    const state = await step.state();
    await using model = new Model(
      new GpuBackend({ gpu, ownsGpu: false, precision }),
      { normalization: this.#normalization, classes: data.classes },
    );
    await model.add(
      "training",
      this.#architecture,
      (key) => toFloat32(state.parameters.get(key)!),
      { activation },
    );
    async function* tiles() {
      const batches = data.validationBatches({ batch: 1, expansion, signal });
      for await (const { tiles } of batches) yield* tiles;
    }
    const shown = spreadOver(data.validation, SHOWN);
    const samples: PredictedSample[] = [];
    let index = 0;
    const result = await validateSamples(model, tiles(), {
      ...{ expansion, activation },
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
   * Saves the run: after an epoch weights, log and page, and always the state, which comes last as it confirms the rest.
   *
   * @returns the error, once; empty if there is no new one.
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
    const { name: arch } = this.#architecture;
    const metadata = { arch, ...this.#metadata, ...UNSEALED };
    const checkpoint = { state, progress, settings, metadata };
    const bytes = encodeTrainingCheckpoint(checkpoint);
    seal(bytes);
    files.set(STATE, bytes);
    const trouble = await this.#folder.write(files);
    this.#saved ||= !this.#folder.trouble;
    return trouble;
  }

  /**
   * Writes the files that are still waiting.
   *
   * @throws {Error} If that fails.
   */
  async end(): Promise<void> {
    await this.#folder.write(new Map());
    this.#folder.check();
  }

  /** The message after Ctrl-C. */
  interrupted(): string {
    const { path, trouble } = this.#folder;
    if (!this.#saved) {
      return `Interrupted: "${path}" holds no checkpoint yet`;
    }
    return trouble
      ? `Interrupted: ${trouble}; use --resume to continue from an earlier checkpoint`
      : `Interrupted: "${path}" holds the run; use --resume to continue it`;
  }

  async #addTexts(files: Map<string, Uint8Array>): Promise<void> {
    const text = new TextEncoder();
    const lines = this.#history.map((record) => logLine(record));
    const { classes } = this.#data;
    const log = [logHeader(classes), ...lines, ""].join("\n");
    files.set("log.csv", text.encode(log));
    const { epochs, fold, folds } = this.#options;
    const page = await trainPage({
      title: `${this.#architecture.name}, fold ${fold} of ${folds}`,
      epochs,
      history: this.#history,
      classes,
      settings: this.#settings,
      samples: this.#samples,
      warnings: this.#warnings,
      done: this.#history.length >= epochs,
    });
    files.set("train.html", text.encode(page));
  }
}
