import type { Gpu } from "../../src/gpu/gpu.ts";
import { compileGraphs } from "../../src/graph/compile_graphs.ts";
import type { Graph } from "../../src/graph/graph.ts";
import type { Target } from "../../src/graph/op.ts";
import {
  optimizeGraph,
  type OptimizeOptions,
} from "../../src/graph/optimize_graph.ts";
import { ParameterStore } from "../../src/graph/parameter_store.ts";
import { packTensor, unpackTensor } from "../../src/kernels/pack.ts";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";

/** What {@linkcode runGraph} runs a graph with. */
export interface RunGraphOptions<I extends string> extends OptimizeOptions {
  /** N×C×H×W values of each input. */
  readonly inputs: Readonly<Record<I, Float32Array>>;
  /** Values of the parameters. */
  readonly parameters?: (name: string) => Float32Array;
  /** Storage. Default: f32. */
  readonly precision?: Precision;
  /** Chooses the kernels of convolutions. */
  readonly variantOf?: Target["variantOf"];
}

/** Rewrites, compiles and runs a graph once; returns the N×C×H×W values of each output. */
export async function runGraph<I extends string, O extends string>(
  gpu: Gpu,
  graph: Graph<I, O>,
  options: RunGraphOptions<I>,
): Promise<Record<O, Float32Array>> {
  const { inputs, precision = "f32" } = options;
  const parameters = options.parameters ?? ((name) => {
    throw new RangeError(`Cannot run graph as it has no parameter ${name}`);
  });
  using store = new ParameterStore(gpu, parameters, { label: "test" });
  using compiled = await compileGraphs(
    gpu,
    [{ graph: optimizeGraph(graph, options), parameters: store }],
    { precision, variantOf: options.variantOf },
  );
  const [executable] = compiled.executables;
  for (const [name, values] of Object.entries<Float32Array>(inputs)) {
    const { buffer, offset } = executable.inputs[name as I];
    const { shape } = graph.inputs[name as I];
    const packed = packTensor(values, shape, precision);
    gpu.device.queue.writeBuffer(buffer, offset, packed);
  }
  await executable.run(gpu);
  const results = {} as Record<O, Float32Array>;
  for (const name of Object.keys(graph.outputs) as O[]) {
    const bytes = await gpu.read(executable.outputs[name]);
    results[name] = unpackTensor(bytes, graph.outputs[name].shape, precision);
  }
  return results;
}
