import type { Gpu } from "../gpu/gpu.ts";
import {
  type CompiledGraphs,
  compileGraphs,
  lifetimesOf,
} from "../graph/compile_graphs.ts";
import { buildGraph, type Graph, nodesOf } from "../graph/graph.ts";
import { lowerNode } from "../graph/lower_node.ts";
import {
  maxInputsOf,
  optimizeGraph,
  type RewriteName,
} from "../graph/optimize_graph.ts";
import { ParameterStore } from "../graph/parameter_store.ts";
import type { ParameterValues } from "../graph/parameter.ts";
import type { Normalization } from "../kernels/load_tile.ts";
import type { Precision } from "../kernels/specialize.ts";
import type { Architecture } from "../models/architecture.ts";
import type { TuneOptions, Tuning } from "./tuning.ts";

/** One network of a {@linkcode Model}. */
export interface Network {
  /** Where its weights came from. */
  readonly name: string;
  /** What it is. */
  readonly architecture: Architecture;
  /** How pixel values are scaled for it. */
  readonly normalization: Normalization;
  /** Bytes of its weights on the GPU. */
  readonly bytes: number;
}

/** What a {@linkcode Model} is made of. */
export interface ModelParts {
  /** The device. */
  readonly gpu: Gpu;
  /** Whether the model disposes of `gpu`. */
  readonly ownsGpu: boolean;
  /** How tensors and weights are stored. */
  readonly precision: Precision;
  /** How pixel values are scaled for networks that do not say otherwise. */
  readonly normalization: Normalization;
  /** Rewrites to leave out, to compare or to find an error. */
  readonly skipRewrites?: readonly RewriteName[];
  /** Which kernels were measured to be fastest. */
  readonly tuning?: Tuning;
}

/** One network or an ensemble, on a GPU. Made by `loadModel()`; whoever made it disposes of it. */
export class Model implements AsyncDisposable {
  /** The device. */
  readonly gpu: Gpu;
  /** How tensors and weights are stored. */
  readonly precision: Precision;
  /** How pixel values are scaled for networks that do not say otherwise. */
  readonly normalization: Normalization;
  /** The networks whose probabilities are averaged. */
  readonly networks: Network[] = [];
  readonly #parameters: ParameterStore[] = [];
  readonly #parts: ModelParts;

  /** Starts without networks; see {@linkcode Model.add}. */
  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.gpu = parts.gpu;
    this.precision = parts.precision;
    this.normalization = parts.normalization;
  }

  /**
   * Adds a network: its weights are packed and uploaded now.
   *
   * @internal
   */
  async add(
    name: string,
    architecture: Architecture,
    values: ParameterValues,
    { normalization = this.normalization }: {
      readonly normalization?: Normalization;
    } = {},
  ): Promise<void> {
    const parameters = new ParameterStore(this.gpu, values, { label: name });
    this.#parameters.push(parameters);
    // How weights are packed does not depend on the image's size, so any serves.
    const target = {
      precision: this.precision,
      subgroupSize: this.gpu.subgroupSize,
    };
    for (const node of nodesOf(this.#graph(architecture, 64))) {
      for (const { constants } of lowerNode(node, target)) {
        for (const constant of Object.values(constants)) {
          // What is computed of these depends on the size, and follows in time.
          await parameters.get(
            "source" in constant ? constant.source : constant,
          );
        }
      }
    }
    parameters.release();
    const { bytes } = parameters;
    this.networks.push({ name, architecture, normalization, bytes });
  }

  /**
   * Compiles all networks for square tiles of `side` pixels; they share their tensors' memory.
   *
   * @internal
   */
  compile(side: number): Promise<CompiledGraphs<"image", "logits">> {
    const inputs = this.networks.map(({ architecture }, i) => ({
      graph: this.#graph(architecture, side),
      parameters: this.#parameters[i],
    }));
    const { precision, gpu } = this;
    const { tuning } = this.#parts;
    return compileGraphs(gpu, inputs, {
      precision,
      variantOf: (problem) => tuning?.variantOf(gpu, problem, precision),
    });
  }

  /**
   * Measures which kernels are fastest for tiles of `side` pixels, expansion included, as far as the {@linkcode Tuning} that
   * the model was loaded with does not know it yet, and adds it there. Takes seconds on a GPU, minutes on a software adapter.
   *
   * @returns the number of shapes that were measured; 0 where all were known, or the model was loaded without a tuning.
   * @throws {GpuError} where the device fails.
   */
  async tune(
    side: number,
    options: Omit<TuneOptions, "precision"> = {},
  ): Promise<number> {
    const { tuning } = this.#parts;
    const graphs = this.networks.map(({ architecture }) =>
      this.#graph(architecture, side)
    );
    const { gpu, precision } = this;
    return await tuning?.tune(gpu, graphs, { ...options, precision }) ?? 0;
  }

  #graph(architecture: Architecture, side: number): Graph<"image", "logits"> {
    return optimizeGraph(architectureGraph(architecture, side), {
      maxInputs: maxInputsOf(this.gpu.device.limits),
      skip: this.#parts.skipRewrites,
    });
  }

  /** Frees the weights, and the device where `loadModel()` requested it. */
  [Symbol.asyncDispose](): Promise<void> {
    for (const parameters of this.#parameters) parameters[Symbol.dispose]();
    if (this.#parts.ownsGpu) this.gpu[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** An architecture's graph for one square image. */
export function architectureGraph(
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
  const graph = optimizeGraph(architectureGraph(architecture, side));
  const sizes = [...lifetimesOf(graph, precision).values()]
    .map(({ size }) => size);
  return Math.max(...sizes);
}
