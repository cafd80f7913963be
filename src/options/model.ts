import { UsageError } from "../errors/cannot.ts";
import {
  choice,
  number,
  type Option,
  type OptionsOf,
  text,
  texts,
  toggle,
} from "./option.ts";

/**
 * The adapter of a training run.
 *
 * @category Settings
 */
export interface AdapterOptions {
  /** The adapter. Default: auto, the fastest GPU, or a software adapter. */
  readonly device:
    | "auto"
    | "gpu"
    | "high-performance"
    | "low-power"
    | "software";
}

/**
 * The device of a run.
 *
 * @category Settings
 */
export interface DeviceOptions {
  /**
   * The device. Default: auto, the fastest GPU; if there is none, the CPU if onnxruntime may be used, else a software
   * adapter.
   */
  readonly device:
    | "auto"
    | "gpu"
    | "cpu"
    | "high-performance"
    | "low-power"
    | "software";
  /** Memory limit on the device in GiB. Default: no limit. */
  readonly memory?: number;
}

/**
 * The model of a run.
 *
 * @category Settings
 */
export interface ModelOptions extends DeviceOptions {
  /** Checkpoints; several make an ensemble. */
  readonly weights: readonly string[];
  /**
   * A model, in place of `weights`: its folder, a URL, or `hf:OWNER/NAME@REVISION`. Its `model.json` has the defaults of many
   * settings.
   */
  readonly model?: string;
  /** The folder that keeps models from servers. Default: `tilewise/models` in the user's cache folder. */
  readonly cache?: string;
  /** The architecture. Default: auto, from the weights. */
  readonly arch: "auto" | "unext50" | "unext101";
  /** Storage precision; arithmetic is always 32-bit. Default: auto. */
  readonly precision: "auto" | "f32" | "f16";
  /** Mean and standard deviation of red, green and blue, 0 to 1. Default: those of the weights' file, else HuBMAP's. */
  readonly normalization?: {
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
}

/**
 * Settings for masks of predictions.
 *
 * @category Settings
 */
export interface PredictionOptions {
  /** Whether to average over the tile and three flips of it. Default: false. */
  readonly flips: boolean;
  /** Probability above which a pixel is in the mask. Default: 0.5. */
  readonly threshold: number;
}

/**
 * The network that a training run starts from.
 *
 * @category Settings
 */
export interface NetworkOptions {
  /** unext50, unext101, or a JSON file with the sizes of a UNeXt. Default: that of `from`, else unext50. */
  readonly arch?: string;
  /** A torchvision-style ResNeXt checkpoint for the encoder. */
  readonly encoder?: string;
  /** A checkpoint of the whole network. */
  readonly from?: string;
  /** Storage precision. Default: f32. */
  readonly precision: "f32" | "f16";
}

const ARCH = { value: "ARCH", word: "Architecture" } as const;
const PRECISION = { value: "P", word: "Precision" } as const;
const THRESHOLD = {
  value: "P",
  least: 0,
  most: 1,
  word: "Threshold",
} as const;

const DEVICE = { value: "KIND", affects: false, word: "Device" } as const;
const RESTRICT = "the environment variables DENO_WEBGPU_BACKEND (vulkan, gl, " +
  "dx12, metal) and VK_DRIVER_FILES restrict the choice";

/** The adapter of a training run, as options. */
export const adapterOptions: OptionsOf<AdapterOptions> = {
  device: choice({
    ...DEVICE,
    choices: ["auto", "gpu", "high-performance", "low-power", "software"],
    help: "auto or gpu (the fastest GPU, else a software adapter), " +
      "high-performance or low-power (a GPU, never a software adapter), or " +
      `software (default: auto); ${RESTRICT}`,
  }),
};

/** The device, as options. */
export const deviceOptions: OptionsOf<DeviceOptions> = {
  device: choice({
    ...DEVICE,
    choices: [
      "auto",
      "gpu",
      "cpu",
      "high-performance",
      "low-power",
      "software",
    ],
    help: "auto (the fastest GPU; else the CPU, if onnxruntime-node is " +
      "installed and permitted; else a software adapter), gpu (the fastest " +
      "GPU, else a software adapter), cpu (by onnxruntime), high-performance " +
      "or low-power (a GPU, never a software adapter), or software (default: " +
      `auto); ${RESTRICT}`,
  }),
  memory: number({
    value: "GIB",
    above: 0,
    help:
      "memory limit for weights and tiles on the device; the networks of a larger " +
      "ensemble take turns, batch by batch of tiles (default: no limit)",
    affects: false,
    word: "Memory limit",
    unit: "GiB",
  }),
};

/** Normalizations by name. */
const NORMALIZATIONS = {
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  none: { mean: [0, 0, 0], std: [1, 1, 1] },
} as const;

/** How the network's input is normalized, as an option. */
const normalization: Option<ModelOptions["normalization"]> = {
  value: "RGB",
  help: "mean and standard deviation of red, green and blue, from 0 to 1, as " +
    "0.5,0.5,0.5,0.2,0.2,0.2, or imagenet, or none (default: those in the " +
    "weights' file, else HuBMAP's; an ONNX file without them needs it)",
  affects: "if given",
  word: "Normalization",
  read(given, flag) {
    if (given === undefined) return undefined;
    const [text] = given;
    if (text === "imagenet" || text === "none") return NORMALIZATIONS[text];
    const [r, g, b, ...std] = text.split(",").map((part) =>
      part.trim() === "" ? NaN : Number(part)
    );
    const all = [r, g, b, ...std];
    if (
      all.length !== 6 || !all.every((value) => value >= 0 && value <= 1) ||
      std.includes(0)
    ) {
      throw new UsageError(
        `--${flag} needs imagenet, none, or six numbers from 0 to 1, the last three above 0: received "${text}"`,
      );
    }
    return { mean: [r, g, b], std: [std[0], std[1], std[2]] };
  },
};

/** The model of a run, as options. */
export const modelOptions: OptionsOf<ModelOptions> = {
  weights: texts({
    value: "FILE",
    help: "safetensors or PyTorch checkpoint, or an ONNX file; repeat it for " +
      "an ensemble",
    affects: "path",
    word: "Weights",
  }),
  model: text({
    value: "MODEL",
    help: "folder of a model, its URL, or hf:OWNER/NAME@REVISION of Hugging " +
      "Face's hub, in place of --weights: its model.json has the network, " +
      "the digests of its files, and the defaults of tile, expansion, scale, " +
      "normalization, threshold, class and minimum area",
    affects: "path",
    word: "Model",
  }),
  cache: text({
    value: "DIR",
    help:
      "folder that keeps models from servers (default: tilewise/models in " +
      "the user's cache folder)",
    affects: false,
  }),
  arch: choice({
    ...ARCH,
    choices: ["auto", "unext50", "unext101"],
    help: "auto, unext50 or unext101 (default: auto, from the weights)",
  }),
  precision: choice({
    ...PRECISION,
    choices: ["auto", "f32", "f16"],
    help: "auto, f32 or f16 storage; arithmetic is always 32-bit",
  }),
  normalization,
  ...deviceOptions,
};

/** A rule of all commands that run a model. */
export function modelRule(
  { model, weights, arch }: Pick<ModelOptions, "model" | "weights" | "arch">,
): [holds: boolean, message: string] {
  const other = weights.length > 0
    ? "--weights"
    : arch !== "auto"
    ? "--arch"
    : undefined;
  return [
    model === undefined || other === undefined,
    `--model and ${other} cannot be combined`,
  ];
}

/** Settings for masks of predictions, as options. */
export const predictionOptions: OptionsOf<PredictionOptions> = {
  flips: toggle({
    help: "test-time augmentation: average over the tile and three flips",
    word: "Test-time flips",
    unit: "switch",
  }),
  threshold: number({
    ...THRESHOLD,
    default: 0.5,
    help: "probability above which a pixel is in the mask",
  }),
};

/** A threshold whose default may be that of an earlier run. */
export const threshold = number({
  ...THRESHOLD,
  help:
    "probability above which a pixel is in the mask, with --weights or if no " +
    "mask was written (default: 0.5)",
});

/** The network that a training run starts from, as options. */
export const networkOptions: OptionsOf<NetworkOptions> = {
  arch: text({
    ...ARCH,
    help: "unext50, unext101, or a JSON file with the sizes of a UNeXt " +
      "(default: that of --from, else unext50)",
  }),
  encoder: text({
    value: "FILE",
    help: "torchvision-style ResNeXt checkpoint for the encoder",
    affects: "path",
    word: "Pretrained encoder",
  }),
  from: text({
    value: "FILE",
    help: "checkpoint of the whole network; also sets the defaults of tile, " +
      "expansion, scale and class",
    affects: "path",
    word: "Initial weights",
  }),
  precision: choice({
    ...PRECISION,
    choices: ["f32", "f16"],
    help: "f32 or f16 storage, f16 with loss scaling",
  }),
};
