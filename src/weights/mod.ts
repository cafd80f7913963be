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
export {
  type StateDict,
  type TensorData,
  type TensorDtype,
  toFloat32,
} from "./tensor_data.ts";
export {
  type ExpectedTensor,
  matchStateDict,
  type MatchStateDictOptions,
  type MisshapedTensor,
  normalizeKeys,
  type StateDictDifference,
  StateDictError,
} from "./match_state_dict.ts";
