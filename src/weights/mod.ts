/**
 * Read and write weights: safetensors and PyTorch checkpoints.
 *
 * @module
 */

export {
  loadCheckpoint,
  type LoadCheckpointOptions,
} from "./load_checkpoint.ts";
export {
  readCheckpoint,
  type ReadCheckpointOptions,
} from "./read_checkpoint.ts";
export {
  readSafetensors,
  readSafetensorsMetadata,
} from "./read_safetensors.ts";
export { writeSafetensors } from "./write_safetensors.ts";
export { toFloat32 } from "./to_float32.ts";
export { normalizeKeys } from "./normalize_keys.ts";
export {
  type ExpectedTensor,
  matchStateDict,
  type MatchStateDictOptions,
} from "./match_state_dict.ts";
export {
  type MisshapedTensor,
  type StateDictDifference,
  StateDictError,
} from "./state_dict_error.ts";
export type { StateDict, TensorData, TensorDtype } from "./tensor_data.ts";
