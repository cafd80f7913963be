import { Gpu } from "../gpu/gpu.ts";
import type { AdapterChoice } from "../gpu/request_device.ts";
import type { RewriteName } from "../graph/optimize_graph.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import {
  type Architecture,
  unext101,
  unext50,
  unextArchitecture,
} from "../models/architecture.ts";
import {
  isTorchvisionEncoder,
  recognizeArchitecture,
} from "../models/recognize_architecture.ts";
import { findWeights } from "../weights/find_tensors.ts";
import { type StateDict, toFloat32 } from "../weights/tensor_data.ts";
import { toNormalization } from "./checkpoint_metadata.ts";
import { Model } from "./model.ts";
import {
  encoderAlone,
  largestTensor,
  matchNetwork,
  readNetwork,
  type SavedNetwork,
} from "./read_network.ts";
import type { Tuning } from "./tuning.ts";

/**
 * Where weights come from: a path or `file:` URL, also in a string (in Deno), a Blob or File, the bytes of a file, or a
 * state dict. Of weights on a server, pass the bytes: `await (await fetch(url)).bytes()`.
 */
export type WeightsSource = string | URL | Blob | Uint8Array | StateDict;

/** How {@linkcode loadModel} loads. */
export interface LoadModelOptions {
  /** A device to use, which stays the caller's. Default: one is requested. */
  readonly device?: GPUDevice;
  /** Which adapter the device is requested of, where none is given. Default: `auto`. */
  readonly adapter?: AdapterChoice;
  /**
   * How tensors and weights are stored; arithmetic is always 32-bit. `auto`, the default, is `f32` where a tile of
   * `side` pixels fits the adapter's limits, else `f16`.
   */
  readonly precision?: "auto" | Precision;
  /** Side of the tiles to come, expansion included, in pixels. Default: 1280. Only `auto` looks at it. */
  readonly side?: number;
  /**
   * How pixel values are scaled for all networks. Default: each as its safetensors file says in the metadata `image_mean` and
   * `image_std` (JSON, red, green, blue, of 0 to 1), else as its {@linkcode Architecture} says, else
   * {@linkcode hubmapNormalization}. `model.networks` tells which each network got.
   */
  readonly normalization?: Normalization;
  /** Rewrites of the graph to leave out, to compare or to find an error. */
  readonly skipRewrites?: readonly RewriteName[];
  /** Which kernels were measured to be fastest on this machine. Default: sensible ones are taken. See {@linkcode Model.tune}. */
  readonly tuning?: Tuning;
  /**
   * Bytes that weights, tensors and tiles may take on the GPU together. Default: what there is. Where an ensemble's
   * weights do not fit, those of some networks stay in main memory, and are swapped for each batch of tiles.
   */
  readonly maxBytes?: number;
  /** Ends the load early, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Mean and standard deviation of the HuBMAP kidney tiles, as the 3rd-place solution uses them. */
export const hubmapNormalization: Normalization = {
  mean: [0.65459856, 0.48386562, 0.69428385],
  std: [0.15167958, 0.23584107, 0.13146145],
};

const ARCHITECTURES = { unext50, unext101 };

/**
 * Loads one network, or an ensemble whose probabilities are averaged, onto a GPU. Reads safetensors and PyTorch checkpoints.
 * With `auto` each file's architecture is recognized from its keys and shapes, so that an ensemble may mix them. What each
 * was trained with, as its checkpoint says it, is `training` of {@linkcode Network}: scale and size of the tiles above all.
 *
 * @example
 * ```ts ignore
 * import { loadModel } from "@tilewise/tilewise";
 *
 * await using model = await loadModel("auto", ["fold0.pth", "fold1.safetensors"]);
 * console.log(model.networks.map(({ architecture }) => architecture.name));
 * const { mpp, downsample, tile } = model.networks[0].training ?? {}; // tiles cut otherwise look different to it
 * ```
 *
 * @throws {StateDictError} where a file's keys or shapes are not the architecture's.
 * @throws {TypeError} where a file is no checkpoint, or its architecture is not recognized.
 * @throws {RangeError} where `maxBytes` is no number above 0, or a normalization is none of values of 0 to 1.
 * @throws {GpuError} where there is no GPU, or its memory does not hold one network's weights.
 */
export async function loadModel(
  architecture: "auto" | "unext50" | "unext101" | Architecture,
  weights: WeightsSource | readonly WeightsSource[],
  options: LoadModelOptions = {},
): Promise<Model> {
  const sources = isList(weights) ? weights : [weights];
  if (sources.length === 0) {
    throw new RangeError(
      "Cannot load model as it needs at least one file of weights: received none",
    );
  }
  if (
    typeof architecture === "string" && architecture !== "auto" &&
    !Object.hasOwn(ARCHITECTURES, architecture)
  ) {
    throw new TypeError(
      `Cannot load model as its architecture must be auto, unext50, unext101 or an Architecture: received "${architecture}"`,
    );
  }
  const { device, adapter, signal, side = 1280, maxBytes = Infinity } = options;
  if (!(maxBytes > 0)) {
    throw new RangeError(
      `Cannot load model as maxBytes must be above 0: received ${maxBytes}`,
    );
  }
  checkNormalization(options.normalization);
  if (typeof architecture === "object") {
    checkNormalization(architecture.normalization);
  }
  const gpu = device ? Gpu.from(device) : await Gpu.request({ adapter });
  gpu.capacity = maxBytes;
  let model: Model | undefined;
  const recognized = new Map<string, Architecture>();
  try {
    for (const source of sources) {
      signal?.throwIfAborted();
      const name = nameOf(source);
      const saved: SavedNetwork = source instanceof Map
        ? { stateDict: source as StateDict }
        : await readNetwork(
          source as Exclude<WeightsSource, StateDict>,
          { signal },
        );
      const { stateDict, training } = saved;
      const chosen = typeof architecture === "object"
        ? architecture
        : architecture === "auto"
        ? recognize(stateDict, name, recognized)
        : ARCHITECTURES[architecture];
      model ??= new Model({
        gpu,
        ownsGpu: true,
        precision: choosePrecision(options.precision ?? "auto", gpu, {
          architecture: chosen,
          side,
        }),
        normalization: options.normalization ?? hubmapNormalization,
        skipRewrites: options.skipRewrites,
        tuning: options.tuning,
      });
      await model.add(name, chosen, valuesOf(stateDict, chosen, name), {
        normalization: options.normalization ?? saved.normalization ??
          chosen.normalization ?? hubmapNormalization,
        training,
      });
      gpu.check();
    }
    return model!;
  } catch (error) {
    await model?.[Symbol.asyncDispose]();
    gpu[Symbol.dispose]();
    throw error;
  }
}

/** Means of 0 to 255 are a mistake that no picture shows. */
function checkNormalization(given: Normalization | undefined): void {
  if (!given || toNormalization(given.mean, given.std)) return;
  throw new RangeError(
    `Cannot load model: normalization has a mean and a std of three numbers of 0 to 1 each, std above 0; received ${
      JSON.stringify(given)
    }`,
  );
}

function isList(
  weights: WeightsSource | readonly WeightsSource[],
): weights is readonly WeightsSource[] {
  return Array.isArray(weights);
}

function nameOf(source: WeightsSource): string {
  if (typeof source === "string" || source instanceof URL) {
    return findWeights(source).name;
  }
  return source instanceof File ? source.name : "weights";
}

/** Files of one architecture get one object, so that it is compiled once. */
function recognize(
  stateDict: StateDict,
  file: string,
  known: Map<string, Architecture>,
): Architecture {
  if (isTorchvisionEncoder(stateDict)) {
    throw new TypeError(encoderAlone(file));
  }
  return naming(file, () => {
    const { name, options } = recognizeArchitecture(stateDict);
    const key = JSON.stringify([name, options]);
    const architecture = known.get(key) ?? unextArchitecture(name, options);
    known.set(key, architecture);
    return architecture;
  });
}

function valuesOf(
  stateDict: StateDict,
  architecture: Architecture,
  file: string,
): (name: string) => Float32Array {
  const advice = '"auto" takes it';
  const matched = matchNetwork(stateDict, architecture, { file, advice });
  return (name) => toFloat32(matched.get(name)!);
}

/** Puts the file's name before the message of what goes wrong. */
function naming<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof Error) error.message = `${file}: ${error.message}`;
    throw error;
  }
}

function choosePrecision(
  precision: "auto" | Precision,
  gpu: Gpu,
  { architecture, side }: {
    readonly architecture: Architecture;
    readonly side: number;
  },
): Precision {
  if (precision !== "auto") return precision;
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  return largestTensor(architecture, { side, precision: "f32" }) <= limit
    ? "f32"
    : "f16";
}
