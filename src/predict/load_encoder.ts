import { cannot } from "../errors/cannot.ts";
import { parametersOf } from "../graph/graph.ts";
import type { Architecture } from "../models/architecture.ts";
import { mapTorchvisionEncoder } from "../models/recognize_architecture.ts";
import { unext101Options, unext50Options } from "../models/unext_options.ts";
import { matchStateDict, StateDictError } from "../weights/match_state_dict.ts";
import { readCheckpoint } from "../weights/read_checkpoint.ts";
import { readWeightsFile } from "../weights/read_weights_file.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import {
  anyGraph,
  describeNetwork,
  refuseTrainingState,
} from "./read_network.ts";

/**
 * Loads a torchvision-style ResNeXt checkpoint as the encoder of a UNeXt: all tensors of the encoder, under the UNeXt's
 * keys. The classifier is ignored.
 *
 * @example
 * ```ts ignore
 * import { loadEncoder } from "@tilewise/tilewise/predict";
 * import { unext50 } from "@tilewise/tilewise/models";
 *
 * const encoder = await loadEncoder(unext50, "resnext50_32x4d.pth");
 * console.log(encoder.get("enc0.0.weight")?.shape); // [64, 3, 7, 7]
 * ```
 *
 * @throws {StateDictError} If keys or shapes differ from the encoder's.
 * @throws {TypeError} If the file is not a checkpoint, or not of such an encoder, but of a whole network, for example.
 */
export async function loadEncoder(
  architecture: Architecture,
  source: string | URL | Blob | Uint8Array,
): Promise<StateDict> {
  const { bytes, name: file = "weights" } = await readWeightsFile(source);
  const given = readCheckpoint(bytes, { name: file });
  refuseTrainingState(given, file);
  const whole = describeNetwork(given);
  if (whole !== undefined) {
    throw cannot(
      `use "${file}" as an encoder`,
      `it is a whole network, ${whole}; start from it with train --from`,
      { kind: TypeError },
    );
  }
  const stateDict = mapTorchvisionEncoder(given);
  const expected = parametersOf(anyGraph(architecture))
    .filter(({ name }) => name.startsWith("enc"));
  try {
    return matchStateDict(stateDict, expected);
  } catch (error) {
    if (!(error instanceof StateDictError)) throw error;
    const { name } = architecture;
    const other = encoderOf(stateDict);
    throw new StateDictError(error, {
      action: `use "${file}" as the encoder of ${name}`,
      reason: other === undefined || other === name
        ? undefined
        : `it has the blocks of the encoder of ${other}`,
      cause: error,
    });
  }
}

/** The published network whose encoder has as many blocks in its third stage, the only one that differs between them. */
function encoderOf(stateDict: StateDict): string | undefined {
  let blocks = 0;
  while (stateDict.has(`enc3.${blocks}.conv1.weight`)) blocks++;
  const networks = { unext50: unext50Options, unext101: unext101Options };
  return Object.entries(networks)
    .find(([, options]) => options.blocks[2] === blocks)?.[0];
}
