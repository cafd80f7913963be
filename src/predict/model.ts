import { cannot } from "../errors/cannot.ts";
import type { Gpu } from "../gpu/gpu.ts";
import type { AdapterDescription } from "../gpu/request_device.ts";
import type { ParameterValues } from "../graph/tensor.ts";
import type { Activation, MaskClass } from "../io/classes.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Architecture } from "../models/architecture.ts";
import type { Backend, Predictor, PredictorOptions } from "./backend.ts";
import type { NetworkTraining } from "./checkpoint_metadata.ts";
import { FOREGROUND } from "./network_classes.ts";
import type { TuneOptions } from "./tuning.ts";

/** One network of a {@linkcode Model}. */
export interface Network {
  /** Name of its weights' file. */
  readonly name: string;
  /** Its architecture. */
  readonly architecture: Architecture;
  /** Normalization of its input. */
  readonly normalization: Normalization;
  /** What makes probabilities of its logits. */
  readonly activation: Activation;
  /** How it was trained, if its checkpoint says so. */
  readonly training?: NetworkTraining;
  /** Bytes of its weights on the device. */
  readonly bytes: number;
}

/** One network or an ensemble on a device, from `loadModel()`; the caller disposes of it. */
export class Model implements AsyncDisposable {
  /** Normalization for networks without one of their own. */
  readonly normalization: Normalization;
  /** The classes whose probabilities it gives, in order; masks have their numbers, from 1. */
  readonly classes: readonly MaskClass[];
  /** The networks whose probabilities are averaged. */
  readonly networks: Network[] = [];
  /**
   * Where the networks run.
   *
   * @internal
   */
  readonly backend: Backend;
  #disposed = false;

  /**
   * Starts without networks; see {@linkcode Model.add}.
   *
   * @param backend Where they run; the model disposes of it.
   * @internal
   */
  constructor(
    backend: Backend,
    { normalization, classes = [FOREGROUND] }: {
      readonly normalization: Normalization;
      readonly classes?: readonly MaskClass[];
    },
  ) {
    this.backend = backend;
    this.normalization = normalization;
    this.classes = classes;
  }

  /** The device: the adapter, or the CPU with onnxruntime. */
  get about(): AdapterDescription {
    return this.backend.about;
  }

  /** Identifies the device and its software; results of equal ones have equal bytes. */
  get identity(): string {
    return this.backend.identity;
  }

  /** Storage of tensors and weights. */
  get precision(): Precision {
    return this.backend.precision;
  }

  /** Bytes of memory that the model takes on its device. */
  get bytes(): number {
    return this.backend.bytes;
  }

  /**
   * The GPU.
   *
   * @throws {TypeError} If the model runs on the CPU.
   */
  get gpu(): Gpu {
    const { gpu } = this.backend;
    if (gpu) return gpu;
    throw cannot("use the model's GPU", "it runs on the CPU", {
      kind: TypeError,
    });
  }

  /** Throws the device's first failure, if any. */
  check(): void {
    this.backend.check();
  }

  /**
   * Throws if the model was disposed.
   *
   * @internal
   */
  expectLive(action: string): void {
    if (!this.#disposed) return;
    throw cannot(action, "the model was disposed");
  }

  /**
   * Adds a network. Its weights are packed now, and uploaded unless GPU memory is known to be too small.
   *
   * @internal
   */
  async add(
    name: string,
    architecture: Architecture,
    values: ParameterValues,
    said: Partial<Pick<Network, "normalization" | "activation" | "training">> =
      {},
  ): Promise<void> {
    const { normalization = this.normalization, activation = "sigmoid" } = said;
    const network = { name, architecture, normalization, activation };
    const bytes = await this.backend.add({ ...network, values });
    this.networks.push({ ...network, bytes, training: said.training });
  }

  /**
   * Prepares the networks for tiles of one kind.
   *
   * @internal
   */
  predictor(options: Omit<PredictorOptions, "classes">): Promise<Predictor> {
    this.expectLive("compile the model");
    const classes = this.classes.length;
    return this.backend.predictor({ ...options, classes });
  }

  /**
   * Measures which kernels are fastest for tiles of `side` pixels, expansion included, and adds the results to the
   * {@linkcode Tuning} that the model was loaded with. Known shapes are skipped. Takes seconds on a GPU, minutes on a software
   * adapter, and nothing is measured on the CPU.
   *
   * @returns the number of measured shapes; 0 if all were known, or the model was loaded without a tuning.
   * @throws {GpuError} If the device fails.
   */
  async tune(
    side: number,
    options: Omit<TuneOptions, "precision"> = {},
  ): Promise<number> {
    this.expectLive("tune the model");
    return await this.backend.tune(side, options);
  }

  /** Frees the weights, and the device if `loadModel()` requested it; any later use throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.backend[Symbol.asyncDispose]();
  }
}
