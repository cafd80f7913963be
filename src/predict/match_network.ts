import { parametersOf } from "../graph/graph.ts";
import type { Architecture } from "../models/architecture.ts";
import { isTorchvisionEncoder } from "../models/encoder_keys.ts";
import { recognizeArchitecture } from "../models/recognize_architecture.ts";
import { matchStateDict } from "../weights/match_state_dict.ts";
import { normalizeKeys } from "../weights/normalize_keys.ts";
import { StateDictError } from "../weights/state_dict_error.ts";
import type { StateDict, TensorData } from "../weights/tensor_data.ts";
import { anyGraph } from "./architecture_graph.ts";

/** How {@linkcode matchNetwork} refuses. */
export interface MatchNetworkOptions {
  /** The file's name. */
  readonly file: string;
  /** What to do where the weights are another network's. */
  readonly advice: string;
}

/**
 * Picks a network's tensors from a state dict.
 *
 * @throws {StateDictError} where they do not fit; it names the network that they fit, where that is known.
 */
export function matchNetwork(
  stateDict: StateDict,
  architecture: Architecture,
  { file, advice }: MatchNetworkOptions,
): Map<string, TensorData> {
  const { name } = architecture;
  const unused = new Set(architecture.unused?.map(({ name }) => name));
  try {
    return matchStateDict(
      stateDict,
      parametersOf(anyGraph(architecture)),
      { ignore: (key) => unused.has(key) },
    );
  } catch (error) {
    if (error instanceof StateDictError) {
      const other = describeNetwork(normalizeKeys(stateDict));
      error.message = isTorchvisionEncoder(stateDict)
        ? encoderAlone(file)
        : other === undefined || other === name
        ? `${file} (${name}): ${error.message}`
        : `Cannot use ${file} as ${name}: it holds ${other}; ${advice}`;
    }
    throw error;
  }
}

/** Says that a whole network is needed. */
export function encoderAlone(file: string): string {
  return `Cannot load ${file} as a whole network is needed: received an encoder alone; train --encoder starts from it`;
}

/** The UNeXt that weights are of, in a few words; `undefined` where they are of none. */
export function describeNetwork(stateDict: StateDict): string | undefined {
  try {
    const { name, options } = recognizeArchitecture(stateDict);
    if (name !== "unext") return name;
    const { blocks, stem } = options;
    return `a UNeXt with ${blocks.join(", ")} blocks and a stem of ${stem}`;
  } catch {
    return undefined;
  }
}

/** @throws {TypeError} where tensors are what a training run goes on from. */
export function refuseTrainingState(stateDict: StateDict, file: string): void {
  if (![...stateDict.keys()].some((key) => key.endsWith(".exp_avg_sq"))) return;
  throw new TypeError(
    `Cannot use ${file} as weights: it is the state of a training run, for --resume; use best.safetensors beside it`,
  );
}
