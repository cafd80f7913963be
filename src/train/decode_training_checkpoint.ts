import type { TensorData } from "../weights/tensor_data.ts";
import {
  readSafetensors,
  readSafetensorsMetadata,
} from "../weights/read_safetensors.ts";
import {
  CHECKPOINT_FORMAT,
  type TrainingCheckpoint,
} from "./training_checkpoint.ts";
import type { EpochRecord, TrainingProgress } from "./training_progress.ts";

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
