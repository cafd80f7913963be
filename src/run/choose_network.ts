import type { Normalization } from "../kernels/tile/load_tile.ts";
import type { Architecture } from "../models/architecture.ts";
import { recognizeArchitecture } from "../models/recognize_architecture.ts";
import {
  unext101,
  unext50,
  unextArchitecture,
} from "../models/unext_architecture.ts";
import type { UnextOptions } from "../models/unext_options.ts";
import { loadEncoder } from "../predict/load_encoder.ts";
import { hubmapNormalization } from "../predict/load_model.ts";
import { matchNetwork } from "../predict/match_network.ts";
import { architectureGraph } from "../predict/architecture_graph.ts";
import { readNetwork } from "../predict/read_network.ts";
import { initializeWeights } from "../train/initialize_weights.ts";
import type { StateDict } from "../weights/tensor_data.ts";

/** What a network is chosen by: options of `train`. */
export interface ChooseNetworkOptions {
  readonly arch?: string;
  readonly encoder?: string;
  readonly from?: string;
  readonly seed: number;
}

/** A network to train. */
export interface ChosenNetwork {
  /** What it is. */
  readonly architecture: Architecture;
  /** Its weights at the start. */
  readonly weights: StateDict;
  /** How its input was scaled so far, where it is trained already. */
  readonly normalization?: Normalization;
}

/**
 * The network that the command line asks for, with its first weights.
 *
 * @throws {TypeError} where it is no network, or a file no checkpoint.
 * @throws {StateDictError} where a checkpoint is another network's.
 */
export async function chooseNetwork(
  { arch, encoder, from, seed }: ChooseNetworkOptions,
): Promise<ChosenNetwork> {
  const saved = from === undefined ? undefined : await readNetwork(from);
  const given = saved?.stateDict;
  const architecture = arch !== undefined
    ? await chooseArchitecture(arch)
    : given
    ? recognized(given)
    : unext50;
  let pretrained: StateDict | undefined;
  if (given) {
    pretrained = matchNetwork(given, architecture, {
      file: from!.split(/[\\/]/).at(-1)!,
      advice: "without --arch it is taken as it is",
    });
  } else if (encoder !== undefined) {
    pretrained = await loadEncoder(architecture, encoder);
  }
  const weights = initializeWeights(architecture, { seed, pretrained });
  // What says nothing of it was trained as `infer` takes it.
  const normalization = saved && (saved.normalization ?? hubmapNormalization);
  return { architecture, weights, normalization };
}

function recognized(stateDict: StateDict): Architecture {
  const { name, options } = recognizeArchitecture(stateDict);
  return unextArchitecture(name, options);
}

async function chooseArchitecture(arch: string): Promise<Architecture> {
  if (arch === "unext50") return unext50;
  if (arch === "unext101") return unext101;
  try {
    const sizes = JSON.parse(await Deno.readTextFile(arch)) as UnextOptions;
    const architecture = unextArchitecture("unext", sizes);
    architectureGraph(architecture, 64); // throws where the sizes do not fit
    return architecture;
  } catch (cause) {
    throw new TypeError(
      `Cannot choose a network as --arch is unext50, unext101 or a JSON file of a UNeXt's sizes: received "${arch}" (${
        (cause as Error).message
      })`,
      { cause },
    );
  }
}
