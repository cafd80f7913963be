import { cannot, reasonOf } from "../errors/cannot.ts";
import { lifetimesOf } from "../graph/compile_graphs.ts";
import { buildGraph, type Graph, parametersOf } from "../graph/graph.ts";
import { optimizeGraph } from "../graph/optimize_graph.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Architecture } from "../models/architecture.ts";
import { onnxNetwork } from "../onnx/onnx_architecture.ts";
import { isOnnx } from "../onnx/read_onnx.ts";
import {
  isTorchvisionEncoder,
  recognizeArchitecture,
} from "../models/recognize_architecture.ts";
import {
  matchStateDict,
  normalizeKeys,
  StateDictError,
} from "../weights/match_state_dict.ts";
import {
  readCheckpoint,
  readCheckpointMetadata,
} from "../weights/read_checkpoint.ts";
import { readWeightsFile } from "../weights/read_weights_file.ts";
import type { StateDict, TensorData } from "../weights/tensor_data.ts";
import {
  type NetworkTraining,
  readNormalization,
  readTraining,
} from "./checkpoint_metadata.ts";

/** How many sides are tried: more than the strides of any usual network. */
const REACH = 512;

/**
 * An architecture's graph for one square image.
 *
 * @throws {RangeError} If the network does not accept that side; the message has the nearest ones that it accepts.
 */
export function architectureGraph(
  architecture: Architecture,
  side: number,
): Graph<"image", "logits"> {
  const build = (side: number) => buildSquare(architecture, side);
  try {
    return build(side);
  } catch (cause) {
    const { below, above } = architecture.side
      ? { below: architecture.side, above: undefined }
      : fittingSides(side, build);
    const sides = [below, above].filter((one) => one !== undefined);
    if (sides.length === 0) throw cause; // it fails at any side
    throw cannot(
      `use ${architecture.name} for tiles of ${side} pixels, expansion included`,
      `${reasonOf(cause)}; use ${sides.join(" or ")}`,
      { kind: RangeError, cause },
    );
  }
}

/** An architecture's graph for the smallest square image of at least `side` that it accepts, if the size does not matter. */
export function anyGraph(
  architecture: Architecture,
  side = 64,
): Graph<"image", "logits"> {
  if (architecture.side) return buildSquare(architecture, architecture.side);
  const { above } = fittingSides(
    side,
    (side) => buildSquare(architecture, side),
  );
  return buildSquare(architecture, above ?? side);
}

function buildSquare(
  { forward, name }: Architecture,
  side: number,
): Graph<"image", "logits"> {
  const graph = buildGraph(
    { image: [1, 3, side, side] },
    ({ image }) => ({ logits: forward(image) }),
  );
  const { shape } = graph.outputs.logits;
  if (shape[2] !== side || shape[3] !== side) {
    throw cannot(
      `use ${name}`,
      `its logits must be 1×${shape[1]}×${side}×${side}`,
      {
        received: shape,
        kind: RangeError,
      },
    );
  }
  return graph;
}

/** Bytes of an architecture's largest tensor for tiles of `side` pixels; it must fit in one binding. */
export function largestTensor(
  architecture: Architecture,
  { side, precision }: {
    readonly side: number;
    readonly precision: Precision;
  },
): number {
  const graph = optimizeGraph(anyGraph(architecture, side));
  const sizes = [...lifetimesOf(graph, precision).values()]
    .map(({ size }) => size);
  return Math.max(...sizes);
}

/**
 * The sides of square images closest to `side` that a network accepts, found by trying: building a graph is fast, and only
 * the network knows the requirements of its strides and shapes. `above` may be `side` itself.
 */
function fittingSides(
  side: number,
  build: (side: number) => unknown,
): { readonly below?: number; readonly above?: number } {
  const fits = (other: number): boolean => {
    try {
      build(other);
      return true;
    } catch {
      return false;
    }
  };
  const sides = Array.from({ length: REACH }, (_, i) => i);
  return {
    below: sides.map((i) => side - 1 - i).filter((one) => one > 0).find(fits),
    above: sides.map((i) => side + i).find(fits),
  };
}

/** Options for {@linkcode matchNetwork}: parts of its error message. */
export interface MatchNetworkOptions {
  /** The file's name. */
  readonly file: string;
  /** What to do with weights of another network. */
  readonly advice: string;
}

/**
 * Picks a network's tensors from a state dict.
 *
 * @throws {StateDictError} If they do not match; it names the network that they match, if known.
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
    if (!(error instanceof StateDictError)) throw error;
    const other = describeNetwork(normalizeKeys(stateDict));
    throw new StateDictError(error, {
      action: `use "${file}" as ${name}`,
      reason: isTorchvisionEncoder(stateDict)
        ? ENCODER_ALONE
        : other === undefined || other === name
        ? undefined
        : `it is ${other}; ${advice}`,
      cause: error,
    });
  }
}

/** Why an encoder's weights are refused. */
export const ENCODER_ALONE =
  "it is only an encoder, not a whole network; start from it with train --encoder";

/** A description of the UNeXt that weights belong to, if any. */
export function describeNetwork(stateDict: StateDict): string | undefined {
  try {
    const { name, options, outputs } = recognizeArchitecture(stateDict);
    const { blocks, stem } = options;
    const which = name !== "unext"
      ? name
      : `a UNeXt with ${blocks.join(", ")} blocks and a stem of ${stem}`;
    return outputs === 1 ? which : `${which} with ${outputs} outputs`;
  } catch {
    return undefined;
  }
}

/** @throws {TypeError} If tensors are the state of a training run. */
export function refuseTrainingState(stateDict: StateDict, file: string): void {
  if (![...stateDict.keys()].some((key) => key.endsWith(".exp_avg_sq"))) return;
  throw cannot(
    `use "${file}" as weights`,
    'it is the state of a training run, for --resume; use "best.safetensors" in the same folder',
    { kind: TypeError },
  );
}

/** A network's checkpoint. */
export interface SavedNetwork {
  /** Its tensors. */
  readonly stateDict: StateDict;
  /** Normalization of its input, if the file has it. */
  readonly normalization?: Normalization;
  /** How it was trained, if the file says so. */
  readonly training?: NetworkTraining;
  /** The network, if the file has more than its weights, as ONNX. */
  readonly architecture?: Architecture;
}

/** Reads a checkpoint of any format with its metadata. Errors name the file. */
export async function readNetwork(
  source: string | URL | Blob | Uint8Array,
  options: { readonly signal?: AbortSignal } = {},
): Promise<SavedNetwork> {
  const { bytes, name } = await readWeightsFile(source, options);
  if (isOnnx(bytes)) {
    return readOnnxNetwork(new Uint8Array(bytes), name ?? "weights");
  }
  const stateDict = readCheckpoint(bytes, { name });
  refuseTrainingState(stateDict, name ?? "weights");
  const metadata = readCheckpointMetadata(bytes);
  return {
    stateDict,
    normalization: readNormalization(metadata, { name }),
    training: readTraining(metadata, { name }),
  };
}

/** Reads a network from an ONNX file. Errors name the file. */
function readOnnxNetwork(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): SavedNetwork {
  try {
    const { architecture, stateDict, metadata } = onnxNetwork(bytes, { name });
    return {
      architecture,
      stateDict,
      normalization: readNormalization(metadata, { name }),
      training: readTraining(metadata, { name }),
    };
  } catch (cause) {
    throw cannot(`load "${name}"`, reasonOf(cause), { cause });
  }
}
