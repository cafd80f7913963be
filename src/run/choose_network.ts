import { basename } from "node:path";
import { cannot, reasonOf } from "../errors/cannot.ts";
import { type Activation, channelsOf } from "../io/classes.ts";
import type { Normalization } from "../kernels/tile.ts";
import {
  type Architecture,
  unextArchitecture,
} from "../models/architecture.ts";
import { recognizeArchitecture } from "../models/recognize_architecture.ts";
import {
  unext101Options,
  unext50Options,
  type UnextOptions,
} from "../models/unext_options.ts";
import { loadEncoder } from "../predict/load_encoder.ts";
import { hubmapNormalization } from "../predict/load_model.ts";
import {
  architectureGraph,
  matchNetwork,
  readNetwork,
} from "../predict/read_network.ts";
import { initializeWeights } from "../train/initialize_weights.ts";
import type { StateDict, TensorData } from "../weights/tensor_data.ts";

/** The options of `train` that choose a network. */
export interface ChooseNetworkOptions {
  readonly arch?: string;
  readonly encoder?: string;
  readonly from?: string;
  readonly seed: number;
  /** Number of classes. Default: 1. */
  readonly classes?: number;
  readonly activation?: Activation;
}

/** A network to train. */
export interface ChosenNetwork {
  readonly architecture: Architecture;
  /** Its initial weights. */
  readonly weights: StateDict;
  /** The normalization of its checkpoint, if it was trained before. */
  readonly normalization?: Normalization;
  /** What its checkpoint lacks. */
  readonly notice?: string;
}

/**
 * Chooses a network and its initial weights.
 *
 * @throws {TypeError} If `arch` is not a network, or a file is not a checkpoint.
 * @throws {StateDictError} If a checkpoint is of another network.
 */
export async function chooseNetwork(
  options: ChooseNetworkOptions,
): Promise<ChosenNetwork> {
  const { arch, encoder, from, seed, classes = 1 } = options;
  const { activation = "sigmoid" } = options;
  const outputs = channelsOf(classes, activation);
  const saved = from === undefined ? undefined : await readNetwork(from);
  if (saved?.architecture) {
    throw cannot(
      `train from "${from}"`,
      "networks of ONNX files run, but do not train",
      {
        kind: TypeError,
      },
    );
  }
  const given = saved?.stateDict;
  const architecture = arch !== undefined
    ? await chooseArchitecture(arch, outputs)
    : given
    ? recognized(given, outputs)
    : unextArchitecture("unext50", { ...unext50Options, outputs });
  let pretrained: Map<string, TensorData> | undefined;
  let notice: string | undefined;
  if (given) {
    const file = basename(from!);
    const [before] = given.get(`${HEAD}.weight`)?.shape ?? [];
    const usual = saved.training?.activation ?? "sigmoid";
    const isOther = before !== undefined &&
      (before !== outputs || usual !== activation);
    if (isOther) {
      notice =
        `The last layer begins anew: that of ${file} has ${before} output${
          before === 1 ? "" : "s"
        } (${usual}), and ${classes} class${classes === 1 ? "" : "es"} need${
          classes === 1 ? "s" : ""
        } ${outputs} (${activation})`;
    }
    const own = !isOther
      ? architecture
      : arch === undefined
      ? recognized(given, before)
      : await chooseArchitecture(arch, before);
    pretrained = matchNetwork(given, own, {
      file,
      advice: "leave --arch out to use its own architecture",
    });
    if (isOther) {
      for (const key of ["weight", "bias"]) pretrained.delete(`${HEAD}.${key}`);
    }
  } else if (encoder !== undefined) {
    pretrained = new Map(await loadEncoder(architecture, encoder));
  }
  const weights = initializeWeights(architecture, { seed, pretrained });
  // A checkpoint without a normalization is used with that of HuBMAP, as in `infer`.
  const normalization = saved && (saved.normalization ?? hubmapNormalization);
  return { architecture, weights, normalization, notice };
}

/** The layer that makes logits, whose channels are those of the classes. */
const HEAD = "final_conv.0";

function recognized(stateDict: StateDict, outputs: number): Architecture {
  const { name, options } = recognizeArchitecture(stateDict);
  return unextArchitecture(name, { ...options, outputs });
}

async function chooseArchitecture(
  arch: string,
  outputs: number,
): Promise<Architecture> {
  const published = { unext50: unext50Options, unext101: unext101Options };
  if (arch === "unext50" || arch === "unext101") {
    return unextArchitecture(arch, { ...published[arch], outputs });
  }
  try {
    const sizes = JSON.parse(await Deno.readTextFile(arch)) as UnextOptions;
    const architecture = unextArchitecture("unext", { ...sizes, outputs });
    architectureGraph(architecture, 64); // throws if the sizes do not fit
    return architecture;
  } catch (cause) {
    throw cannot(
      `use --arch "${arch}"`,
      `it must be unext50, unext101 or a JSON file with the sizes of a UNeXt (${
        reasonOf(cause)
      })`,
      { cause, kind: TypeError },
    );
  }
}
