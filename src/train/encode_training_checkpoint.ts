import { writeSafetensors } from "../weights/write_safetensors.ts";
import {
  CHECKPOINT_FORMAT,
  type TrainingCheckpoint,
} from "./training_checkpoint.ts";

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
