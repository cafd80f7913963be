import type { Normalization } from "../kernels/tile/load_tile.ts";
import {
  readCheckpoint,
  readCheckpointMetadata,
} from "../weights/read_checkpoint.ts";
import { readWeightsFile } from "../weights/read_weights_file.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import { readNormalization } from "./checkpoint_normalization.ts";
import { refuseTrainingState } from "./match_network.ts";
import { type NetworkTraining, readTraining } from "./checkpoint_training.ts";

/** What a checkpoint says of a network. */
export interface SavedNetwork {
  /** Its tensors. */
  readonly stateDict: StateDict;
  /** How its input is scaled, where the file says so. */
  readonly normalization?: Normalization;
  /** What it was trained with, where the file says so. */
  readonly training?: NetworkTraining;
}

/** Reads a checkpoint of any format, and what it says of its network. Errors name the file. */
export async function readNetwork(
  source: string | URL | Blob | Uint8Array,
  options: { readonly signal?: AbortSignal } = {},
): Promise<SavedNetwork> {
  const { bytes, name } = await readWeightsFile(source, options);
  const stateDict = readCheckpoint(bytes, { name });
  refuseTrainingState(stateDict, name ?? "weights");
  const metadata = readCheckpointMetadata(bytes);
  return {
    stateDict,
    normalization: readNormalization(metadata, { name }),
    training: readTraining(metadata, { name }),
  };
}
