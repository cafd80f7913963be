import { cannot } from "../errors/cannot.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type CompiledGraphs, compileGraphs } from "../graph/compile_graphs.ts";
import { type Graph, nodesOf } from "../graph/graph.ts";
import { type Constant, constantsOf } from "../graph/op.ts";
import {
  maxInputsOf,
  optimizeGraph,
  type RewriteName,
} from "../graph/optimize_graph.ts";
import { ParameterStore } from "../graph/parameter_store.ts";
import type { ParameterValues } from "../graph/tensor.ts";
import type { Normalization } from "../kernels/tile.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Architecture } from "../models/architecture.ts";
import type { NetworkTraining } from "./checkpoint_metadata.ts";
import {
  leastTensors,
  type MemoryPlan,
  memoryShortage,
  planMemory,
  type TileBytes,
} from "./plan_memory.ts";
import { anyGraph, architectureGraph } from "./read_network.ts";
import type { TuneOptions, Tuning } from "./tuning.ts";
import { WeightMemory } from "./weight_memory.ts";

/** One network of a {@linkcode Model}. */
export interface Network {
  /** Name of its weights' file. */
  readonly name: string;
  /** Its architecture. */
  readonly architecture: Architecture;
  /** Normalization of its input. */
  readonly normalization: Normalization;
  /** How it was trained, if its checkpoint says so. */
  readonly training?: NetworkTraining;
  /** Bytes of its weights on the GPU. */
  readonly bytes: number;
}

/** A model's networks, compiled for tiles of one size. */
export interface CompiledModel extends CompiledGraphs<"image", "logits"> {
  /** How GPU memory is shared. */
  readonly plan: MemoryPlan;
  /** Ensures that a network's weights are on the GPU for the next submission. */
  load(network: number): void;
}

/** The parts of a {@linkcode Model}. */
export interface ModelParts {
  /** The device. */
  readonly gpu: Gpu;
  /** Whether the model disposes of `gpu`. */
  readonly ownsGpu: boolean;
  /** Storage of tensors and weights. */
  readonly precision: Precision;
  /** Normalization for networks without one of their own. */
  readonly normalization: Normalization;
  /** Rewrites to skip, for comparisons or debugging. */
  readonly skipRewrites?: readonly RewriteName[];
  /** The fastest kernels as measured. */
  readonly tuning?: Tuning;
}

/** One network or an ensemble on a GPU, from `loadModel()`; the caller disposes of it. */
export class Model implements AsyncDisposable {
  /** The device. */
  readonly gpu: Gpu;
  /** Storage of tensors and weights. */
  readonly precision: Precision;
  /** Normalization for networks without one of their own. */
  readonly normalization: Normalization;
  /** The networks whose probabilities are averaged. */
  readonly networks: Network[] = [];
  readonly #parameters: ParameterStore[] = [];
  readonly #weights: WeightMemory;
  readonly #packed = new Map<Architecture, Constant[]>();
  readonly #parts: ModelParts;
  #compiling: Promise<unknown> = Promise.resolve();
  #users = 0;
  /** The caller's limit of GPU memory. */
  readonly #limit: number;
  #disposed = false;

  /** Starts without networks; see {@linkcode Model.add}. */
  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.gpu = parts.gpu;
    this.#limit = parts.gpu.capacity;
    this.#weights = new WeightMemory(parts.gpu);
    this.precision = parts.precision;
    this.normalization = parts.normalization;
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
    said: Partial<Pick<Network, "normalization" | "training">> = {},
  ): Promise<void> {
    const { gpu } = this;
    const parameters = new ParameterStore(gpu, values, { label: name });
    parameters.add(this.#constants(architecture));
    parameters.release();
    const { bytes } = parameters;
    if (bytes > gpu.capacity) {
      const { capacity } = gpu;
      throw memoryShortage([{ name, bytes }], { capacity, limit: this.#limit });
    }
    this.#parameters.push(parameters);
    await this.#weights.add(parameters);
    const { normalization } = this;
    this.networks.push({ name, architecture, normalization, bytes, ...said });
  }

  /**
   * Compiles all networks for square tiles of `side` pixels; they share their tensors' memory. If the weights do not fit with
   * the tensors and tiles, only the first networks' stay on the GPU, and the others must be loaded in turn.
   *
   * @internal
   */
  compile(side: number, tiles: TileBytes = NO_TILES): Promise<CompiledModel> {
    const compiled = this.#compiling.then(() => this.#compile(side, tiles));
    this.#compiling = compiled.catch(() => {});
    return compiled;
  }

  async #compile(side: number, tiles: TileBytes): Promise<CompiledModel> {
    this.expectLive("compile the model");
    const { precision, gpu } = this;
    const { tuning } = this.#parts;
    const weights = this.#weights;
    const graphs = this.#graphs(side);
    const inputs = this.#parameters.map((parameters, i) => ({
      graph: graphs[i],
      parameters,
    }));
    let plan!: MemoryPlan;
    const compiling = compileGraphs(gpu, inputs, {
      precision,
      variantOf: (problem) => tuning?.variantOf(gpu, problem, precision),
      place: async (tensors) => {
        plan = this.#plan(tensors, tiles, side);
        await weights.arrange(plan.resident);
      },
    });
    const compiled = await compiling.catch((error) => {
      if (!(error instanceof RangeError)) throw error;
      // Too large for the kernels. If it is too large for the allowed memory too, report that instead.
      this.#plan(leastTensors(graphs, precision), tiles, side);
      throw error;
    });
    this.#users++;
    return {
      ...compiled,
      plan,
      load: (network) => weights.load(network),
      [Symbol.dispose]: () => {
        this.#users--;
        compiled[Symbol.dispose]();
      },
    };
  }

  #plan(tensors: number, tiles: TileBytes, side: number): MemoryPlan {
    const { sizes, bytes, resident } = this.#weights;
    const room = this.gpu.capacity - (this.gpu.bytes - bytes);
    const plan = planMemory({
      weights: sizes,
      tensors,
      tiles,
      capacity: room,
      // Other users' compiled networks depend on the current placement.
      resident: this.#users > 0 ? resident : undefined,
    });
    if (plan) return plan;
    throw memoryShortage(
      this.#parameters.map(({ bytes }, i) => ({ ...this.networks[i], bytes })),
      { capacity: room, limit: this.#limit, side, tensors, tiles },
    );
  }

  /**
   * Measures which kernels are fastest for tiles of `side` pixels, expansion included, and adds the results to the
   * {@linkcode Tuning} that the model was loaded with. Known shapes are skipped. Takes seconds on a GPU, minutes on a software
   * adapter.
   *
   * @returns the number of measured shapes; 0 if all were known, or the model was loaded without a tuning.
   * @throws {GpuError} If the device fails.
   */
  async tune(
    side: number,
    options: Omit<TuneOptions, "precision"> = {},
  ): Promise<number> {
    this.expectLive("tune the model");
    const { tuning } = this.#parts;
    const graphs = this.#graphs(side);
    const { gpu, precision } = this;
    return await tuning?.tune(gpu, graphs, { ...options, precision }) ?? 0;
  }

  /**
   * The packed weights of an architecture, which do not depend on the image's size. Values computed from them on the GPU do,
   * and follow in `compile()`.
   */
  #constants(architecture: Architecture): Constant[] {
    let constants = this.#packed.get(architecture);
    if (!constants) {
      constants = nodesOf(this.#optimized(anyGraph(architecture)))
        .flatMap((node) => constantsOf(node, this.precision));
      this.#packed.set(architecture, constants);
    }
    return constants;
  }

  /** One per network; networks of one architecture share it. */
  #graphs(side: number): Graph<"image", "logits">[] {
    const graphs = new Map(
      [...new Set(this.networks.map(({ architecture }) => architecture))]
        .map((architecture) => [architecture, this.#graph(architecture, side)]),
    );
    return this.networks.map(({ architecture }) => graphs.get(architecture)!);
  }

  #graph(architecture: Architecture, side: number): Graph<"image", "logits"> {
    return this.#optimized(architectureGraph(architecture, side));
  }

  #optimized(graph: Graph<"image", "logits">): Graph<"image", "logits"> {
    return optimizeGraph(graph, {
      maxInputs: maxInputsOf(this.gpu.device.limits),
      skip: this.#parts.skipRewrites,
    });
  }

  /** Frees the weights, and the device if `loadModel()` requested it; any later use throws. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return Promise.resolve();
    this.#disposed = true;
    this.#weights[Symbol.dispose]();
    if (this.#parts.ownsGpu) this.gpu[Symbol.dispose]();
    return Promise.resolve();
  }
}

const NO_TILES: TileBytes = { fixed: 0, each: 1, unswapped: 0, most: 1 };
