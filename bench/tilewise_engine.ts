import type { Gpu } from "../src/gpu/gpu.ts";
import { Profiler } from "../src/gpu/profiler.ts";
import { compileGraphs } from "../src/graph/compile_graphs.ts";
import { maxInputsOf, optimizeGraph } from "../src/graph/optimize_graph.ts";
import { ParameterStore } from "../src/graph/parameter_store.ts";
import { packTensor, unpackTensor } from "../src/kernels/pack.ts";
import type { Engine, Prepared, PrepareOptions, Work } from "./engine.ts";

/** This library, with the steps of `predictTiles()`: optimize, plan, compile, record. */
export function tilewiseEngine(gpu: Gpu): Engine {
  return {
    name: "tilewise",
    version: "",
    precisions: ["f32", "f16"],
    prepare: (work, options) => prepare(gpu, work, options),
  };
}

async function prepare(
  gpu: Gpu,
  { graph, values, inputs }: Work,
  { precision, timedRuns }: PrepareOptions,
): Promise<Prepared> {
  const optimized = optimizeGraph(graph, {
    maxInputs: maxInputsOf(gpu.device.limits),
  });
  const parameters = new ParameterStore(gpu, values, { label: "bench" });
  const compiled = await compileGraphs(
    gpu,
    [{ graph: optimized, parameters }],
    { precision },
  );
  const [executable] = compiled.executables;
  const { steps } = executable;
  for (const [name, { shape }] of Object.entries(graph.inputs)) {
    const { buffer, offset } = executable.inputs[name];
    const packed = packTensor(inputs[name], shape, precision);
    gpu.device.queue.writeBuffer(buffer, offset, packed);
  }
  const [output] = Object.keys(graph.outputs);
  const profiler = timedRuns > 0
    ? new Profiler(gpu, timedRuns * steps.length)
    : undefined;
  return {
    submit() {
      const encoder = gpu.encoder("bench");
      executable.record(encoder, profiler);
      gpu.submit(encoder);
      return Promise.resolve();
    },
    settle: () => gpu.guard(gpu.device.queue.onSubmittedWorkDone()),
    async result() {
      const bytes = await gpu.read(executable.outputs[output]);
      return unpackTensor(bytes, graph.outputs[output].shape, precision);
    },
    async kernelTimes() {
      const entries = await profiler?.read() ?? [];
      const times = new Array<number>(entries.length / steps.length).fill(0);
      entries.forEach(({ milliseconds }, i) => {
        times[Math.floor(i / steps.length)] += milliseconds;
      });
      return times;
    },
    [Symbol.asyncDispose]() {
      compiled[Symbol.dispose]();
      parameters[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
