import {
  choice,
  number,
  type OptionsOf,
  text,
  texts,
  toggle,
} from "./option.ts";

/** What computes, and on what. */
export interface DeviceOptions {
  /** Which GPU. Default: auto, the fastest, or a software adapter. */
  readonly device: "auto" | "high-performance" | "low-power" | "software";
  /** GiB on the GPU. Default: what there is. */
  readonly memory?: number;
}

/** The model of a run. */
export interface ModelOptions extends DeviceOptions {
  /** Checkpoints; several are an ensemble. */
  readonly weights: readonly string[];
  /** Which network. Default: auto, from the weights. */
  readonly arch: "auto" | "unext50" | "unext101";
  /** Storage; arithmetic is always 32-bit. Default: auto. */
  readonly precision: "auto" | "f32" | "f16";
}

/** How a model's answers become a mask. */
export interface PredictionOptions {
  /** Whether to average over the tile and its three mirror images. Default: false. */
  readonly flips: boolean;
  /** Probability above which a pixel is in the mask. Default: 0.5. */
  readonly threshold: number;
}

/** The network that a training run starts from. */
export interface NetworkOptions {
  /** unext50, unext101, or a JSON file of a UNeXt's sizes. Default: unext50, or as `from` has it. */
  readonly arch?: string;
  /** A torchvision-style ResNeXt checkpoint to start the encoder from. */
  readonly encoder?: string;
  /** A checkpoint of the whole network to start from. */
  readonly from?: string;
  /** Storage. Default: f32. */
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

/** The device, as options. */
export const deviceOptions: OptionsOf<DeviceOptions> = {
  device: choice({
    value: "KIND",
    choices: ["auto", "high-performance", "low-power", "software"],
    help: "auto (the fastest GPU, or a software adapter where there is " +
      "none), high-performance or low-power (the GPU that the system has for " +
      "it, and no software adapter), or software (default: auto); the " +
      "variables DENO_WEBGPU_BACKEND (vulkan, gl, dx12, metal) and " +
      "VK_DRIVER_FILES narrow what there is",
    affects: false,
    word: "Device",
  }),
  memory: number({
    value: "GIB",
    above: 0,
    help: "what weights and tiles may take on the GPU; beyond it, an " +
      "ensemble's networks take turns there, batch by batch of tiles " +
      "(default: what there is)",
    affects: false,
    word: "GPU memory",
    unit: "GiB",
  }),
};

/** The model of a run, as options. */
export const modelOptions: OptionsOf<ModelOptions> = {
  weights: texts({
    value: "FILE",
    help: "safetensors or PyTorch checkpoint; once per model, several are an " +
      "ensemble",
    affects: "path",
    word: "Weights",
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
  ...deviceOptions,
};

/** How masks are made, as options. */
export const predictionOptions: OptionsOf<PredictionOptions> = {
  flips: toggle({
    help: "average over the tile and its three mirror images",
    word: "Test-time flips",
    unit: "switch",
  }),
  threshold: number({
    ...THRESHOLD,
    default: 0.5,
    help: "probability above which a pixel is in the mask",
  }),
};

/** A threshold that may follow from a run. */
export const threshold = number({
  ...THRESHOLD,
  help:
    "probability above which a pixel is found, with --weights or where no " +
    "mask was written (default: 0.5)",
});

/** The network that a training run starts from, as options. */
export const networkOptions: OptionsOf<NetworkOptions> = {
  arch: text({
    ...ARCH,
    help: "unext50, unext101, or a JSON file of a UNeXt's sizes (default: " +
      "unext50, or as --from has it)",
  }),
  encoder: text({
    value: "FILE",
    help: "a torchvision-style ResNeXt checkpoint to start the encoder from",
    affects: "path",
    word: "Pretrained encoder",
  }),
  from: text({
    value: "FILE",
    help: "a checkpoint of the whole network to start from; tile, expansion, " +
      "scale and class are by default its own",
    affects: "path",
    word: "Initial weights",
  }),
  precision: choice({
    ...PRECISION,
    choices: ["f32", "f16"],
    help: "f32 or f16 storage, f16 with loss scaling",
  }),
};
