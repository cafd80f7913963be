import { lifetimesOf } from "../graph/compile_graphs.ts";
import { buildGraph, type Graph, parametersOf } from "../graph/graph.ts";
import { optimizeGraph } from "../graph/optimize_graph.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Architecture } from "../models/architecture.ts";
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

/** How far sides are tried: beyond the strides of any usual network. */
const REACH = 512;

/**
 * An architecture's graph for one square image.
 *
 * @throws {RangeError} where the network does not take that side; the message names those that it does.
 */
export function architectureGraph(
  architecture: Architecture,
  side: number,
): Graph<"image", "logits"> {
  const build = (side: number) => buildSquare(architecture, side);
  try {
    return build(side);
  } catch (cause) {
    const { below, above } = fittingSides(side, build);
    const sides = [below, above].filter((one) => one !== undefined);
    if (sides.length === 0) throw cause; // it is wrong at any side
    throw new RangeError(
      `Cannot use ${architecture.name} for tiles of ${side} pixels, expansion included: ${
        (cause as Error).message
      }; ${sides.join(" or ")} would do`,
      { cause },
    );
  }
}

/** An architecture's graph for the smallest square image from `side` on that it takes: where any would do. */
export function anyGraph(
  architecture: Architecture,
  side = 64,
): Graph<"image", "logits"> {
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
  if (shape[1] !== 1 || shape[2] !== side || shape[3] !== side) {
    throw new RangeError(
      `Cannot use ${name} as its logits must be 1×1×${side}×${side}: received ${
        shape.join("×")
      }`,
    );
  }
  return graph;
}

/** Bytes of the largest tensor of an architecture at a tile's side, which one binding must hold. */
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
 * The sides of square images next to `side` that a network takes, found by trying: a graph is built in no time, and only
 * the network knows what its strides and shapes need. `above` may be `side` itself.
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
