import type { Gpu } from "../gpu/gpu.ts";
import type { ProfileEntry } from "../gpu/profiler.ts";
import type { AdapterDescription } from "../gpu/request_device.ts";
import type { Activation } from "../io/classes.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Architecture } from "../models/architecture.ts";
import type { MemoryPlan } from "./plan_memory.ts";
import type { TuneOptions } from "./tuning.ts";

/** The properties of a run's tiles that determine their memory. */
export interface TileKind {
  /** Side of the center, after downsampling. */
  readonly size: number;
  /** Total expansion, after downsampling. */
  readonly expansion: number;
  /** Pixels of a tile's picture per tile pixel in each direction, which are averaged. */
  readonly factor: number;
  /** Side of the center in slide pixels. */
  readonly span: number;
  /** Number of classes. Default: 1. */
  readonly classes?: number;
  /** Whether to read back the highest probability of each pixel. */
  readonly probability: boolean;
  /** Whether to read it back as bytes. */
  readonly probability8?: boolean;
  /** Whether to read back the probabilities of all classes. */
  readonly probabilities?: boolean;
  /** Whether to read them back as bytes. */
  readonly probabilities8?: boolean;
  /** Whether to read back the share of networks and flips that are above the threshold; only of one class by sigmoids. */
  readonly votes?: boolean;
}

/** Options that all tiles of a run share. */
export interface PredictorOptions extends TileKind {
  /** Whether to average four flips. */
  readonly flips: boolean;
  /** Probability above which a pixel belongs to a class. */
  readonly threshold: number;
  /** Maximum tiles in flight. Default: 2; 16, a batch, if weights are swapped. */
  readonly inFlight?: number;
  /** Whether to time steps and layers. Default: false. */
  readonly profile?: boolean;
  /** Stops a batch. */
  readonly signal?: AbortSignal;
}

/** The results of a tile. */
export interface TileResult {
  /** One byte per pixel of the center, at slide resolution: the number of its class, from 1, or 0 for background. */
  readonly mask: Uint8Array;
  /** Probability of each pixel, if requested: with several classes, the highest of them. */
  readonly probability?: Float32Array;
  /** The same as a byte, 0 to 255, if requested. */
  readonly probability8?: Uint8Array;
  /** Probability of each pixel, for each class, if requested. */
  readonly probabilities?: readonly Float32Array[];
  /** The same as bytes, 0 to 255, if requested. */
  readonly probabilities8?: readonly Uint8Array[];
  /**
   * The share of networks and flips whose probability is above the threshold, if requested: 0 for none, 255 for all; of the
   * center before it is upsampled, `size` pixels a side.
   */
  readonly votes8?: Uint8Array;
}

/** A model's networks, ready for one kind of tile: pixels in, mask out. */
export interface Predictor extends AsyncDisposable {
  /** How memory is shared. */
  readonly plan: MemoryPlan;
  /** Maximum tiles in flight: a batch if weights are swapped. */
  readonly inFlight: number;
  /**
   * Predicts a tile, whose pixels may be changed once this has returned. At most `inFlight` tiles may be in flight, and the
   * next one must wait until the predictor is ready. If weights are swapped, tiles wait until they fill a batch or {@linkcode Predictor.flush} is called.
   */
  predict(pixels: Uint8Array): Promise<TileResult>;
  /** Resolves when another tile may be predicted: the last one is submitted. */
  readonly ready: Promise<void>;
  /** Predicts the tiles of an incomplete batch. */
  flush(): void;
  /** Returns the arrays of a result for reuse. */
  reuse(result: TileResult): void;
  /** The times since the last call, with `profile`; none where nothing can be timed. */
  readProfile(): Promise<readonly ProfileEntry[]>;
  /** Stops batches: tiles whose networks have not all run are rejected. */
  cancel(): void;
}

/** A network as a backend takes it. */
export interface NewNetwork {
  /** Name of its weights' file. */
  readonly name: string;
  /** Its architecture. */
  readonly architecture: Architecture;
  /** Normalization of its input. */
  readonly normalization: Normalization;
  /** What makes probabilities of its logits. Default: `sigmoid`. */
  readonly activation?: Activation;
  /** Its learned parameters, which may be gone after {@linkcode Backend.add}. */
  readonly values: (name: string) => Float32Array;
}

/** Where a model's networks run: on a GPU by the kernels of this library, or on the CPU by onnxruntime. */
export interface Backend extends AsyncDisposable {
  /** The device. */
  readonly about: AdapterDescription;
  /** Identifies the device and its software: equal ones give equal bytes. */
  readonly identity: string;
  /** Storage of tensors and weights. */
  readonly precision: Precision;
  /** Bytes of memory in use. */
  readonly bytes: number;
  /** The device, unless it is the CPU. */
  readonly gpu?: Gpu;
  /** Throws the device's first failure, if any. */
  check(): void;
  /** Adds a network; resolves to the bytes of its weights. */
  add(network: NewNetwork): Promise<number>;
  /**
   * Prepares all networks for tiles of one kind.
   *
   * @throws {RangeError} If a network does not accept tiles of that side.
   * @throws {GpuError} If memory is too small for a network and a tile.
   */
  predictor(options: PredictorOptions): Promise<Predictor>;
  /** Measures what is fastest for tiles of `side` pixels; resolves to the number of measured shapes. */
  tune(side: number, options: Omit<TuneOptions, "precision">): Promise<number>;
}

/** Flips of a tile whose predictions are averaged. */
export const FLIPS = [
  { horizontal: false, vertical: false },
  { horizontal: true, vertical: false },
  { horizontal: false, vertical: true },
  { horizontal: true, vertical: true },
] as const;
