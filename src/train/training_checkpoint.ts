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

/** All that it takes to go on with a run: what the step remembers, how far the loop is, and what it was asked for. */
export interface TrainingCheckpoint {
  /** The step's state. */
  readonly state: TrainingState;
  /** The loop's progress, of the same moment. */
  readonly progress: TrainingProgress;
  /** What the run was asked for, in the caller's words, to compare when it goes on. */
  readonly settings: Readonly<Record<string, string>>;
  /** Further metadata of the file, as `checkpointMetadata()` makes them. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a checkpoint file's metadata says it is. */
export const CHECKPOINT_FORMAT = "tilewise.training.1";

/** What {@linkcode checkpointMetadata} writes down. */
export interface CheckpointMetadataParts {
  /** How the network's input was scaled: `image_mean` and `image_std`. */
  readonly normalization: Normalization;
  /** What the network was trained with: `training`. */
  readonly training: NetworkTraining;
}

/**
 * What a checkpoint says of its network, as metadata of a safetensors file: each value is JSON. `loadModel()` heeds the
 * normalization and gives the rest as `training` of its networks.
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
 */
export function checkpointMetadata(
  { normalization, training }: CheckpointMetadataParts,
): Record<string, string> {
  return { ...writeNormalization(normalization), ...writeTraining(training) };
}

/**
 * A checkpoint as one safetensors file: parameters under their keys, Adam's moments as `KEY.exp_avg` and `KEY.exp_avg_sq`,
 * numbers in the metadata. The same run gives the same bytes.
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
 * Reads what `encodeTrainingCheckpoint()` wrote.
 *
 * @throws {TypeError} where the file is none of these.
 * @throws {SyntaxError} where it is broken.
 */
export function decodeTrainingCheckpoint(
  bytes: Uint8Array,
): TrainingCheckpoint {
  const { format, state, progress: reached, settings, ...metadata } =
    readSafetensorsMetadata(bytes);
  if (format !== CHECKPOINT_FORMAT) {
    throw new TypeError(
      `Cannot go on from a checkpoint as it must hold a training state: received ${
        format ? `format "${format.slice(0, 40)}"` : "weights alone"
      }`,
    );
  }
  const parameters = new Map<string, TensorData>();
  const moments = new Map<string, TensorData>();
  for (const [key, tensor] of readSafetensors(bytes)) {
    (MOMENT.test(key) ? moments : parameters).set(key, tensor);
  }
  const progress = JSON.parse(reached) as TrainingProgress;
  return {
    state: { ...JSON.parse(state), parameters, moments },
    progress: { ...progress, history: progress.history.map(withoutNull) },
    settings: JSON.parse(settings),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** Older files have null where an epoch was not validated: JSON has no NaN. */
function withoutNull(
  { valLoss, dice, ...record }: EpochRecord,
): EpochRecord {
  return {
    ...record,
    ...(valLoss != null && { valLoss }),
    ...(dice != null && { dice }),
  };
}
