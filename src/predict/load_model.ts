import { cannot } from "../errors/cannot.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { AdapterChoice } from "../gpu/request_device.ts";
import { freeArray } from "../io/free_array.ts";
import type { Activation, MaskClass } from "../io/classes.ts";
import type { RewriteName } from "../graph/optimize_graph.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import {
  type Architecture,
  unext101,
  unext50,
} from "../models/architecture.ts";
import { findWeights } from "../weights/find_tensors.ts";
import type { StateDict } from "../weights/tensor_data.ts";
import { toNormalization } from "./checkpoint_metadata.ts";
import { CpuBackend } from "./cpu_backend.ts";
import { GpuBackend } from "./gpu_backend.ts";
import { Model } from "./model.ts";
import { expectSameClasses, networkClasses } from "./network_classes.ts";
import { type DeviceChoice, openDevice } from "./open_device.ts";
import {
  largestTensor,
  readNetwork,
  type SavedNetwork,
} from "./read_network.ts";
import { recognize, valuesOf } from "./recognize_network.ts";
import type { Tuning } from "./tuning.ts";

/**
 * Where weights come from: a path or `file:` URL, also as a string (in Deno), a Blob or File, the bytes of a file, or a
 * state dict. For weights on a server, pass the bytes: `await (await fetch(url)).bytes()`.
 */
export type WeightsSource = string | URL | Blob | Uint8Array | StateDict;

/** Options for {@linkcode loadModel}. */
export interface LoadModelOptions {
  /**
   * Where the model runs: a device of WebGPU, which the caller still owns, or which to open. `cpu` runs it by onnxruntime,
   * which needs the package `onnxruntime-node@1.27.0`, `--allow-ffi` for its folder and
   * `--allow-env=ORT_DISABLE_TELEMETRY`. Default: `auto`.
   */
  readonly device?: GPUDevice | DeviceChoice;
  /** The adapter, as `device`. Default: `auto`. */
  readonly adapter?: AdapterChoice;
  /**
   * Storage of tensors and weights; arithmetic is always 32-bit. `auto`, the default, is `f32` if a tile of `side` pixels
   * fits the adapter's limits, else `f16`.
   */
  readonly precision?: "auto" | Precision;
  /** Side of the tiles, expansion included, in pixels, for `auto`. Default: 1280. */
  readonly side?: number;
  /**
   * Normalization of pixel values for all networks. Default: for each network, the metadata `image_mean` and `image_std` of its
   * safetensors file (JSON; red, green, blue; 0 to 1), else that of its {@linkcode Architecture}, else
   * {@linkcode hubmapNormalization}. `model.networks` has the result.
   */
  readonly normalization?: Normalization;
  /**
   * The classes that its outputs stand for, in order. Default: those that its checkpoint says; a network of one output needs
   * none. `model.classes` has the result.
   */
  readonly classes?: readonly MaskClass[];
  /**
   * What makes probabilities of its outputs: `sigmoid` for one a class, or `softmax` if there is one for background, the first,
   * as well. Default: what the file says, else what fits the number of classes.
   */
  readonly activation?: Activation;
  /** Rewrites of the graph to skip, for comparisons or debugging. */
  readonly skipRewrites?: readonly RewriteName[];
  /** The fastest kernels as measured on this machine, from {@linkcode Model.tune}. Default: a heuristic chooses. */
  readonly tuning?: Tuning;
  /**
   * Maximum bytes of weights, tensors and tiles on the device. Default: no limit. If an ensemble's weights do not fit, those
   * of some networks stay in main memory and are swapped for each batch of tiles.
   */
  readonly maxBytes?: number;
  /** Stops loading, with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Mean and standard deviation of the HuBMAP kidney tiles, as in the 3rd-place solution.
 *
 * @category Prediction
 */
export const hubmapNormalization: Normalization = {
  mean: [0.65459856, 0.48386562, 0.69428385],
  std: [0.15167958, 0.23584107, 0.13146145],
};

const ARCHITECTURES = { unext50, unext101 };

/**
 * Loads one network, or an ensemble whose probabilities are averaged, onto a GPU, or the CPU. Reads safetensors and PyTorch checkpoints.
 * With `auto`, each file's architecture is recognized from its keys and shapes, so an ensemble may mix architectures. The
 * training's parameters in a checkpoint, such as the scale and size of tiles, are `training` of {@linkcode Network}.
 *
 * @example
 * ```ts ignore
 * import { loadModel } from "@tilewise/tilewise";
 *
 * await using model = await loadModel("auto", ["fold0.pth", "fold1.safetensors"]);
 * console.log(model.networks.map(({ architecture }) => architecture.name));
 * const { mpp, downsample, tile } = model.networks[0].training ?? {}; // cut tiles in the same way
 * ```
 *
 * @throws {StateDictError} If a file's keys or shapes differ from the architecture's.
 * @throws {TypeError} If a file is not a checkpoint, or its architecture is not recognized.
 * @throws {TypeError} If the classes do not fit the network's outputs, or nothing says of which classes several outputs are, or
 * networks have different classes.
 * @throws {RangeError} If `maxBytes` is not above 0, or a normalization has values outside 0 to 1.
 * @throws {GpuError} If there is no such device, or its memory is too small for one network's weights.
 *
 * @category Prediction
 */
export async function loadModel(
  architecture: "auto" | "unext50" | "unext101" | Architecture,
  weights: WeightsSource | readonly WeightsSource[],
  options: LoadModelOptions = {},
): Promise<Model> {
  const sources = isList(weights) ? weights : [weights];
  if (sources.length === 0) {
    throw cannot(ACTION, "at least one file of weights is needed", {
      kind: RangeError,
    });
  }
  if (
    typeof architecture === "string" && architecture !== "auto" &&
    !Object.hasOwn(ARCHITECTURES, architecture)
  ) {
    throw cannot(
      ACTION,
      'architecture must be "auto", "unext50", "unext101" or an Architecture',
      { received: architecture, kind: TypeError },
    );
  }
  const { device, adapter, signal, side = 1280, maxBytes = Infinity } = options;
  if (!(maxBytes > 0)) {
    throw cannot(ACTION, "maxBytes must be above 0", {
      received: maxBytes,
      kind: RangeError,
    });
  }
  checkNormalization(options.normalization);
  if (typeof architecture === "object") {
    checkNormalization(architecture.normalization);
  }
  const { precision = "auto" } = options;
  const opened = await openDevice({
    device: device ?? adapter ?? "auto",
    ...{ precision, maxBytes },
  });
  if (!(opened instanceof CpuBackend)) opened.capacity = maxBytes;
  let model: Model | undefined;
  const recognized = new Map<string, Architecture>();
  let own: readonly MaskClass[] | undefined;
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
      const chosen = saved.architecture
        ? takeOnnx(saved, { architecture, name, options })
        : typeof architecture === "object"
        ? architecture
        : architecture === "auto"
        ? recognize(stateDict, name, recognized)
        : ARCHITECTURES[architecture];
      const { classes, activation } = networkClasses(chosen, {
        ...{ name, training, activation: options.activation },
        classes: options.classes ?? training?.outputs ?? model?.classes,
      });
      if (model) expectSameClasses(name, [classes, model.classes]);
      // Also if names are given, as outputs stand for what networks were trained with.
      own ??= training?.outputs;
      expectSameClasses(name, [training?.outputs, own], { names: true });
      model ??= new Model(
        opened instanceof CpuBackend ? opened : new GpuBackend({
          gpu: opened,
          ownsGpu: true,
          precision: choosePrecision(precision, opened, {
            architecture: chosen,
            side,
          }),
          skipRewrites: options.skipRewrites,
          tuning: options.tuning,
        }),
        {
          normalization: options.normalization ?? hubmapNormalization,
          classes,
        },
      );
      await model.add(name, chosen, valuesOf(stateDict, chosen, name), {
        normalization: options.normalization ?? saved.normalization ??
          chosen.normalization ?? hubmapNormalization,
        ...{ activation, training },
      });
      model.check();
      // The bytes of a file, which nobody else has. What the caller passed remains the caller's.
      if (!(source instanceof Map || source instanceof Uint8Array)) {
        for (const { data } of stateDict.values()) freeArray(data);
      }
    }
    return model!;
  } catch (error) {
    await model?.[Symbol.asyncDispose]();
    if (opened instanceof CpuBackend) await opened[Symbol.asyncDispose]();
    else opened[Symbol.dispose]();
    throw error;
  }
}

/**
 * The network of an ONNX file, which no other may replace. What it takes for black and white cannot be guessed.
 *
 * @throws {TypeError} If another was asked for, or the normalization of its input is unknown.
 */
function takeOnnx(
  saved: SavedNetwork,
  { architecture, name, options }: {
    readonly architecture: string | Architecture;
    readonly name: string;
    readonly options: LoadModelOptions;
  },
): Architecture {
  const refuse = (reason: string) =>
    cannot(`load "${name}"`, reason, { kind: TypeError });
  if (architecture !== "auto") {
    throw refuse('an ONNX file has its own network: load it as "auto"');
  }
  if (!saved.normalization && !options.normalization) {
    throw refuse(
      "its ONNX file does not say how its input is normalized: give mean and standard deviation with --normalization (loadModel's normalization)",
    );
  }
  return saved.architecture!;
}

/** Means from 0 to 255 are a mistake that results would not reveal. */
function checkNormalization(given: Normalization | undefined): void {
  if (!given || toNormalization(given.mean, given.std)) return;
  throw cannot(
    ACTION,
    `mean and std of a normalization must each be three numbers from 0 to 1, and std above 0, received ${
      JSON.stringify(given)
    }`,
    { kind: RangeError },
  );
}

const ACTION = "load model";

function isList(
  weights: WeightsSource | readonly WeightsSource[],
): weights is readonly WeightsSource[] {
  return Array.isArray(weights);
}

/** The name of a file of weights, for messages. */
export function nameOf(source: WeightsSource): string {
  if (typeof source === "string" || source instanceof URL) {
    return findWeights(source).name;
  }
  return source instanceof File ? source.name : "weights";
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
