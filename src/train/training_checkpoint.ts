import { cannot } from "../errors/cannot.ts";
import type { Normalization } from "../kernels/tile.ts";
import {
  type NetworkTraining,
  writeNormalization,
  writeTraining,
} from "../predict/checkpoint_metadata.ts";
import {
  readSafetensors,
  readSafetensorsMetadata,
} from "../weights/read_safetensors.ts";
import type { TensorData } from "../weights/tensor_data.ts";
import { writeSafetensors } from "../weights/write_safetensors.ts";
import type {
  EpochRecord,
  TrainingProgress,
  TrainingState,
} from "./train_event.ts";

/**
 * A checkpoint to continue a run from: the step's state, the loop's progress, and the run's options.
 *
 * @category Checkpoints
 */
export interface TrainingCheckpoint {
  /** The step's state. */
  readonly state: TrainingState;
  /** The loop's progress at the same time. */
  readonly progress: TrainingProgress;
  /** Options of the run, in the caller's format, to compare when it continues. */
  readonly settings: Readonly<Record<string, string>>;
  /** Further metadata of the file, as `checkpointMetadata()` makes it. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The `format` in a checkpoint file's metadata. */
export const CHECKPOINT_FORMAT = "tilewise.training.1";

/**
 * Options for {@linkcode checkpointMetadata}.
 *
 * @category Checkpoints
 */
export interface CheckpointMetadataParts {
  /** Normalization of the network's input, as `image_mean` and `image_std`. */
  readonly normalization: Normalization;
  /** Training data and settings, as `training`. */
  readonly training: NetworkTraining;
}

/**
 * A network's metadata for a safetensors file; each value is JSON. `loadModel()` uses the normalization, and returns the
 * rest as `training` of its networks.
 *
 * @example
 * ```ts
 * import { hubmapNormalization } from "@tilewise/tilewise";
 * import { writeSafetensors } from "@tilewise/tilewise/weights";
 * import { checkpointMetadata } from "@tilewise/tilewise/train";
 *
 * const training = { mpp: 0.5, tile: 1024, expansion: 256, seed: 1 };
 * const metadata = checkpointMetadata({ normalization: hubmapNormalization, training });
 * console.log(Object.keys(metadata)); // ["image_mean", "image_std", "training"]
 * writeSafetensors(new Map(), metadata);
 * ```
 *
 * @category Checkpoints
 */
export function checkpointMetadata(
  { normalization, training }: CheckpointMetadataParts,
): Record<string, string> {
  return { ...writeNormalization(normalization), ...writeTraining(training) };
}

/**
 * Encodes a checkpoint as a safetensors file: parameters under their keys, Adam's moments as `KEY.exp_avg` and
 * `KEY.exp_avg_sq`, numbers in the metadata. The same checkpoint gives the same bytes.
 *
 * @example
 * ```ts
 * import { decodeTrainingCheckpoint, encodeTrainingCheckpoint } from "@tilewise/tilewise/train";
 *
 * const state = { parameters: new Map(), moments: new Map(), step: 7, lossScale: 1, steadySteps: 7 };
 * const progress = { epoch: 1, updates: 7, lossSum: 2.5, history: [] };
 * const bytes = encodeTrainingCheckpoint({ state, progress, settings: { seed: "1" } });
 * console.log(decodeTrainingCheckpoint(bytes).progress.updates); // 7
 * ```
 *
 * @category Checkpoints
 */
export function encodeTrainingCheckpoint(
  { state, progress, settings, metadata }: TrainingCheckpoint,
): Uint8Array<ArrayBuffer> {
  const { parameters, moments, ...numbers } = state;
  return writeSafetensors(new Map([...parameters, ...moments]), {
    ...metadata,
    format: CHECKPOINT_FORMAT,
    state: JSON.stringify(numbers),
    progress: JSON.stringify(progress),
    settings: JSON.stringify(settings),
  });
}

const MOMENT = /\.exp_avg(_sq)?$/;

/**
 * Decodes the files of {@linkcode encodeTrainingCheckpoint}.
 *
 * @throws {TypeError} If the file holds no training state.
 * @throws {SyntaxError} If it is damaged.
 *
 * @category Checkpoints
 */
export function decodeTrainingCheckpoint(
  bytes: Uint8Array,
): TrainingCheckpoint {
  const { format, state, progress: reached, settings, ...metadata } =
    readSafetensorsMetadata(bytes);
  if (format !== CHECKPOINT_FORMAT) {
    throw cannot(
      "continue from checkpoint",
      `it must hold a training state, received ${
        format ? `format "${format.slice(0, 40)}"` : "weights only"
      }`,
      { kind: TypeError },
    );
  }
  const parameters = new Map<string, TensorData>();
  const moments = new Map<string, TensorData>();
  for (const [key, tensor] of readSafetensors(bytes)) {
    (MOMENT.test(key) ? moments : parameters).set(key, tensor);
  }
  const progress = parsePart<TrainingProgress>(reached);
  if (!Array.isArray(progress.history)) throw damaged();
  return {
    state: {
      ...parsePart<Omit<TrainingState, "parameters" | "moments">>(state),
      parameters,
      moments,
    },
    progress: { ...progress, history: progress.history.map(withoutNull) },
    settings: parsePart<Record<string, string>>(settings),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** An object of the metadata. */
function parsePart<Part>(text: string | undefined): Part {
  try {
    const part: unknown = JSON.parse(text ?? "null");
    if (typeof part === "object" && part && !Array.isArray(part)) {
      return part as Part;
    }
  } catch {
    // Said below.
  }
  throw damaged();
}

function damaged(): Error {
  return cannot(
    "continue from checkpoint",
    "its training state is damaged",
    { kind: SyntaxError },
  );
}

/** Drops the null that older files have for epochs without validation: JSON has no NaN. Order stays: it is in the bytes. */
function withoutNull(epoch: EpochRecord | null): EpochRecord {
  if (typeof epoch !== "object" || !epoch) throw damaged();
  const kept = Object.entries(epoch).filter(([, value]) => value !== null);
  return Object.fromEntries(kept) as unknown as EpochRecord;
}
