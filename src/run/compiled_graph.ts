import { cannot } from "../errors/cannot.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { type CompiledGraphs, compileGraphs } from "../graph/compile_graphs.ts";
import type { Graph } from "../graph/graph.ts";
import { optimizeGraph } from "../graph/optimize_graph.ts";
import { ParameterStore } from "../graph/parameter_store.ts";
import { packTensor, unpackTensor } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";

/**
 * Options for {@linkcode CompiledGraph.create}.
 *
 * @category Graphs
 */
export interface CompiledGraphOptions {
  /** The values of a parameter. Default: the graph has no parameters. */
  readonly parameters?: (name: string) => Float32Array;
  /** Storage precision of tensors and parameters. Default: f32. */
  readonly precision?: Precision;
}

/**
 * A custom graph on a GPU, with named inputs and outputs. One run at a time.
 *
 * @example
 * ```ts
 * import { buildGraph, relu } from "@tilewise/tilewise/graph";
 * import { Gpu } from "@tilewise/tilewise/gpu";
 * import { CompiledGraph } from "@tilewise/tilewise/run";
 *
 * const graph = buildGraph({ image: [1, 1, 1, 2] }, ({ image }) => ({ positive: relu(image) }));
 * using gpu = await Gpu.request();
 * using compiled = await CompiledGraph.create(gpu, graph);
 * const { positive } = await compiled.run({ image: new Float32Array([-1, 2]) });
 * console.assert(positive.join() === "0,2");
 * ```
 *
 * @category Graphs
 */
export class CompiledGraph<I extends string, O extends string>
  implements Disposable {
  readonly #gpu: Gpu;
  readonly #graph: Graph<I, O>;
  readonly #precision: Precision;
  readonly #compiled: CompiledGraphs<I, O>;
  readonly #stack: DisposableStack;

  private constructor(
    gpu: Gpu,
    graph: Graph<I, O>,
    parts: {
      readonly precision: Precision;
      readonly compiled: CompiledGraphs<I, O>;
      readonly stack: DisposableStack;
    },
  ) {
    this.#gpu = gpu;
    this.#graph = graph;
    this.#precision = parts.precision;
    this.#compiled = parts.compiled;
    this.#stack = parts.stack;
  }

  /**
   * Rewrites and compiles a graph, and uploads its parameters.
   *
   * @throws {RangeError} If a parameter has no values.
   * @throws {GpuError} If the device is lost or its memory is full.
   */
  static async create<I extends string, O extends string>(
    gpu: Gpu,
    graph: Graph<I, O>,
    { parameters = noParameter, precision = "f32" }: CompiledGraphOptions = {},
  ): Promise<CompiledGraph<I, O>> {
    using stack = new DisposableStack();
    const store = stack.use(
      new ParameterStore(gpu, parameters, { label: "graph" }),
    );
    const optimized = optimizeGraph(graph);
    const compiled = stack.use(
      await compileGraphs(gpu, [{ graph: optimized, parameters: store }], {
        precision,
      }),
    );
    return new CompiledGraph(gpu, graph, {
      ...{ precision, compiled },
      stack: stack.move(),
    });
  }

  /**
   * Runs the graph.
   *
   * @param inputs N×C×H×W values of each input.
   * @returns N×C×H×W values of each output.
   * @throws {RangeError} If the size of an input does not match its shape.
   */
  async run(
    inputs: Readonly<Record<I, Float32Array>>,
  ): Promise<Record<O, Float32Array>> {
    const [executable] = this.#compiled.executables;
    for (const name of Object.keys(this.#graph.inputs) as I[]) {
      const { shape } = this.#graph.inputs[name];
      const size = shape.reduce((product, side) => product * side, 1);
      if (inputs[name]?.length !== size) {
        throw cannot(
          "run graph",
          `input "${name}" needs ${size} values (${shape.join("×")})`,
          { received: inputs[name]?.length ?? 0, kind: RangeError },
        );
      }
      const { buffer, offset } = executable.inputs[name];
      const packed = packTensor(inputs[name], shape, this.#precision);
      this.#gpu.write(buffer, offset, packed);
    }
    await executable.run(this.#gpu);
    const results = {} as Record<O, Float32Array>;
    for (const name of Object.keys(this.#graph.outputs) as O[]) {
      const bytes = await this.#gpu.read(executable.outputs[name]);
      const { shape } = this.#graph.outputs[name];
      results[name] = unpackTensor(bytes, shape, this.#precision);
    }
    return results;
  }

  /** Frees what is on the GPU. */
  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}

function noParameter(name: string): never {
  throw cannot("compile graph", `parameter "${name}" has no values`, {
    kind: RangeError,
  });
}
