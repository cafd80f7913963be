import type { Gpu } from "../gpu/gpu.ts";
import type { AdapterDescription } from "../gpu/request_device.ts";
import { compileGraphs } from "../graph/compile_graphs.ts";
import { type Graph, nodesOf } from "../graph/graph.ts";
import { type Constant, constantsOf } from "../graph/op.ts";
import {
  maxInputsOf,
  optimizeGraph,
  type RewriteName,
} from "../graph/optimize_graph.ts";
import { ParameterStore } from "../graph/parameter_store.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Architecture } from "../models/architecture.ts";
import type {
  Backend,
  NewNetwork,
  Predictor,
  PredictorOptions,
} from "./backend.ts";
import {
  leastTensors,
  type MemoryPlan,
  memoryShortage,
  planMemory,
  type TileBytes,
} from "./plan_memory.ts";
import { anyGraph, architectureGraph } from "./read_network.ts";
import { type CompiledModel, TilePredictor } from "./tile_predictor.ts";
import type { TuneOptions, Tuning } from "./tuning.ts";
import { WeightMemory } from "./weight_memory.ts";

/** The parts of a {@linkcode GpuBackend}. */
export interface GpuBackendParts {
  /** The device. */
  readonly gpu: Gpu;
  /** Whether the backend disposes of `gpu`. */
  readonly ownsGpu: boolean;
  /** Storage of tensors and weights. */
  readonly precision: Precision;
  /** Rewrites to skip, for comparisons or debugging. */
  readonly skipRewrites?: readonly RewriteName[];
  /** The fastest kernels as measured. */
  readonly tuning?: Tuning;
}

/** Networks on a GPU, by the kernels of this library. */
export class GpuBackend implements Backend {
  readonly gpu: Gpu;
  readonly precision: Precision;
  readonly #networks: Omit<NewNetwork, "values">[] = [];
  readonly #parameters: ParameterStore[] = [];
  readonly #weights: WeightMemory;
  readonly #packed = new Map<Architecture, Constant[]>();
  readonly #parts: GpuBackendParts;
  #compiling: Promise<unknown> = Promise.resolve();
  #users = 0;
  /** The caller's limit of GPU memory. */
  readonly #limit: number;

  /** Starts without networks. */
  constructor(parts: GpuBackendParts) {
    this.#parts = parts;
    this.gpu = parts.gpu;
    this.#limit = parts.gpu.capacity;
    this.#weights = new WeightMemory(parts.gpu);
    this.precision = parts.precision;
  }

  get about(): AdapterDescription {
    return this.gpu.about;
  }

  get identity(): string {
    return this.gpu.identity;
  }

  get bytes(): number {
    return this.gpu.bytes;
  }

  /** The networks, without their weights. */
  get networks(): readonly Omit<NewNetwork, "values">[] {
    return this.#networks;
  }

  check(): void {
    this.gpu.check();
  }

  /** Adds a network. Its weights are packed now, and uploaded unless GPU memory is known to be too small. */
  async add({ values, ...network }: NewNetwork): Promise<number> {
    const { gpu } = this;
    const { name, architecture } = network;
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
    this.#networks.push(network);
    return bytes;
  }

  predictor(options: PredictorOptions): Promise<Predictor> {
    return TilePredictor.create(this, options);
  }

  /**
   * Compiles all networks for square tiles of `side` pixels; they share their tensors' memory. If the weights do not fit with
   * the tensors and tiles, only the first networks' stay on the GPU, and the others must be loaded in turn.
   */
  compile(
    side: number,
    tiles: TileBytes = NO_TILES,
    signal?: AbortSignal,
  ): Promise<CompiledModel> {
    const compiled = this.#compiling.then(() =>
      this.#compile(side, tiles, signal)
    );
    this.#compiling = compiled.catch(() => {});
    return compiled;
  }

  async #compile(
    side: number,
    tiles: TileBytes,
    signal?: AbortSignal,
  ): Promise<CompiledModel> {
    signal?.throwIfAborted();
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
      ...{ precision, signal },
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
      this.#parameters.map(({ bytes }, i) => ({ ...this.#networks[i], bytes })),
      { capacity: room, limit: this.#limit, side, tensors, tiles },
    );
  }

  async tune(
    side: number,
    options: Omit<TuneOptions, "precision">,
  ): Promise<number> {
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
      [...new Set(this.#networks.map(({ architecture }) => architecture))]
        .map((architecture) => [architecture, this.#graph(architecture, side)]),
    );
    return this.#networks.map(({ architecture }) => graphs.get(architecture)!);
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

  /** Frees the weights, and the device if this object owns it. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#weights[Symbol.dispose]();
    if (this.#parts.ownsGpu) this.gpu[Symbol.dispose]();
    return Promise.resolve();
  }
}

const NO_TILES: TileBytes = { fixed: 0, each: 1, unswapped: 0, most: 1 };
