import { cannot, reasonOf } from "../errors/cannot.ts";
import { buildGraph } from "../graph/graph.ts";
import { exportOnnx } from "../graph/onnx/export_onnx.ts";
import { findFreeSizes, type FreeSizes } from "../graph/onnx/free_sizes.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Architecture } from "../models/architecture.ts";
import {
  type NetworkTraining,
  writeNormalization,
  writeTraining,
} from "./checkpoint_metadata.ts";
import { forOnnxruntime } from "./cpu_backend.ts";
import { hubmapNormalization, nameOf } from "./load_model.ts";
import { anyGraph, architectureGraph, readNetwork } from "./read_network.ts";
import { recognize, valuesOf } from "./recognize_network.ts";

/** Options for {@linkcode exportNetwork}. */
export interface ExportNetworkOptions {
  /** Side of its pictures, expansion included. Default: free, where the network allows it. */
  readonly tile?: number;
  /** How its input is normalized. Default: as the file says, else as {@linkcode loadModel} does. */
  readonly normalization?: Normalization;
  /** The network. Default: what the file is. */
  readonly architecture?: "auto" | Architecture;
  /** How it was trained. Default: as the file says. */
  readonly training?: NetworkTraining;
  /** Stops reading, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** An exported network. */
export interface ExportedNetwork {
  /** The ONNX file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The name of its architecture. */
  readonly name: string;
  /** Side of its pictures; `undefined` if it is free. */
  readonly side?: number;
  /** Whether it takes any number of pictures. */
  readonly batch: boolean;
  readonly normalization: Normalization;
}

/**
 * Reads a network from a file of weights, and writes it as ONNX, opset 17: normalized RGB `image` N×3×H×W in, `logits` N×C×H×W
 * out; normalization and training are in its metadata, as `image_mean`, `image_std` and `training`. Batch norms are folded.
 *
 * @throws {TypeError} If it is no network that is known.
 * @throws {RangeError} If the network does not take pictures of `tile`.
 */
export async function exportNetwork(
  source: string | URL | Blob,
  options: ExportNetworkOptions = {},
): Promise<ExportedNetwork> {
  const { tile, normalization: given, architecture: own = "auto" } = options;
  const saved = await readNetwork(source, { signal: options.signal });
  const name = nameOf(source);
  const architecture = saved.architecture ??
    (own === "auto" ? recognize(saved.stateDict, name, new Map()) : own);
  const said = options.training ?? saved.training;
  // The exported network ends in logits.
  const training = architecture.activation === "softmax"
    ? { ...said, activation: architecture.activation }
    : said;
  const normalization = given ?? saved.normalization;
  if (!normalization && saved.architecture) {
    throw cannot(
      `export "${name}"`,
      "its ONNX file does not say how its input is normalized: give mean and standard deviation with --normalization",
      { kind: TypeError },
    );
  }
  const known = normalization ?? hubmapNormalization;
  const { graph, free } = freeGraph(architecture, tile);
  try {
    const bytes = exportOnnx(
      graph,
      valuesOf(saved.stateDict, architecture, name),
      {
        free,
        metadata: {
          ...writeNormalization(known),
          ...(training && writeTraining(training)),
        },
      },
    );
    const [, , side] = graph.inputs.image.shape;
    return {
      bytes,
      name: architecture.name,
      side: free.size ? undefined : side,
      batch: free.batch,
      normalization: known,
    };
  } catch (cause) {
    throw cannot(`export ${architecture.name}`, reasonOf(cause), { cause });
  }
}

/** The graph for pictures of a side, or of any. */
function freeGraph(architecture: Architecture, tile: number | undefined) {
  const side =
    (tile === undefined
      ? anyGraph(architecture)
      : architectureGraph(architecture, tile)).inputs.image.shape[2];
  const found = findFreeSizes(
    (shape) =>
      forOnnxruntime(buildGraph(
        { image: shape },
        ({ image }) => ({ logits: architecture.forward(image) }),
      )),
    [1, 3, side, side],
  );
  if (tile !== undefined) {
    const free: FreeSizes = { ...found.free, size: false, like: new Map() };
    return { ...found, free };
  }
  if (!found.free.size && architecture.side === undefined) {
    throw cannot(
      `export ${architecture.name}`,
      "its layers depend on the size of its pictures: give the side of tiles, expansion included, with --tile",
      { kind: TypeError },
    );
  }
  return found;
}
