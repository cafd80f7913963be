import { cannot, reasonOf } from "../errors/cannot.ts";
import {
  type Architecture,
  unextArchitecture,
} from "../models/architecture.ts";
import {
  isTorchvisionEncoder,
  recognizeArchitecture,
} from "../models/recognize_architecture.ts";
import { type StateDict, toFloat32 } from "../weights/tensor_data.ts";
import { ENCODER_ALONE, matchNetwork } from "./read_network.ts";

/** The architecture that weights belong to. Files of one share one object, so that it is compiled once. */
export function recognize(
  stateDict: StateDict,
  file: string,
  known: Map<string, Architecture>,
): Architecture {
  if (isTorchvisionEncoder(stateDict)) {
    throw cannot(`load "${file}"`, ENCODER_ALONE, { kind: TypeError });
  }
  try {
    const { name, options, outputs } = recognizeArchitecture(stateDict);
    const key = JSON.stringify([name, options, outputs]);
    const architecture = known.get(key) ??
      unextArchitecture(name, { ...options, outputs });
    known.set(key, architecture);
    return architecture;
  } catch (cause) {
    throw cannot(`load "${file}"`, reasonOf(cause), { cause });
  }
}

/** The values of a network's parameters by name, of a file. */
export function valuesOf(
  stateDict: StateDict,
  architecture: Architecture,
  file: string,
): (name: string) => Float32Array {
  const advice = 'load it as "auto"';
  const matched = matchNetwork(stateDict, architecture, { file, advice });
  return (name) => toFloat32(matched.get(name)!);
}
