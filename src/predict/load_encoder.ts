import { parametersOf } from "../graph/graph.ts";
import type { Architecture } from "../models/architecture.ts";
import { mapTorchvisionEncoder } from "../models/encoder_keys.ts";
import { loadCheckpoint } from "../weights/load_checkpoint.ts";
import { matchStateDict } from "../weights/match_state_dict.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import { anyGraph } from "./architecture_graph.ts";

/**
 * Loads a torchvision-style ResNeXt checkpoint as the encoder of a UNeXt: its tensors under the UNeXt's keys, every one of
 * the encoder's and no others. The classifier is left out.
 *
 * @example
 * ```ts ignore
 * import { loadEncoder, unext50 } from "@tilewise/tilewise";
 *
 * const encoder = await loadEncoder(unext50, "resnext50_32x4d.pth");
 * console.log(encoder.get("enc0.0.weight")?.shape); // [64, 3, 7, 7]
 * ```
 *
 * @throws {StateDictError} where keys or shapes are not the encoder's.
 * @throws {TypeError} where the file is no checkpoint, or holds no such encoder.
 */
export async function loadEncoder(
  architecture: Architecture,
  source: string | URL | Blob | Uint8Array,
): Promise<StateDict> {
  const stateDict = mapTorchvisionEncoder(await loadCheckpoint(source));
  const expected = parametersOf(anyGraph(architecture))
    .filter(({ name }) => name.startsWith("enc"));
  return matchStateDict(stateDict, expected);
}
