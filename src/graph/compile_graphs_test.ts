import { assertClose } from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runGraph } from "../../tests/helpers/run_graph.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { Gpu } from "../gpu/gpu.ts";
import { GpuError } from "../gpu/gpu_error.ts";
import { Profiler } from "../gpu/profiler.ts";
import { compileGraphs, lifetimesOf } from "./compile_graphs.ts";
import { buildGraph } from "./graph.ts";
import { relu, sigmoid } from "./ops/activation.ts";
import { add } from "./ops/add.ts";
import { concat } from "./ops/concat.ts";
import { conv2d } from "./ops/conv2d.ts";
import { dropout2d } from "./ops/dropout2d.ts";
import { globalMaxPool } from "./ops/global_max_pool.ts";
import { resizeBilinear } from "./ops/resize_bilinear.ts";
import { ParameterStore } from "./parameter_store.ts";
import { peakBytes } from "./plan_buffers.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

const skip = [
  "foldBatchNorm",
  "liftRelu",
  "fuseEpilogue",
  "inlineConcat",
] as const;
const noValues = (name: string): Float32Array => {
  throw new RangeError(name);
};

Deno.test("compileGraphs() dispatches layers that share code with their own shapes", async () => {
  // The layers differ only in their channels, which are not part of these kernels' code.
  const layers = {
    relu,
    sigmoid,
    sum: add,
    max: globalMaxPool,
    large: (x: Parameters<typeof relu>[0]) => resizeBilinear(x, { scale: 2 }),
  };
  const small = [1, 3, 2, 2] as const;
  const large = [1, 13, 2, 2] as const;
  const graph = buildGraph<"small" | "large", string>(
    { small, large },
    ({ small, large }) =>
      Object.fromEntries(
        Object.entries(layers).flatMap(([name, layer]) => [
          [`small ${name}`, layer(small, small)],
          [`large ${name}`, layer(large, large)],
        ]),
      ),
  );
  const values = randomValues(large, "large");
  const outputs = await runGraph(gpu, graph, {
    skip,
    inputs: { small: values.slice(0, 12), large: values },
  });
  const { length } = values;
  assertClose(outputs["large relu"], values.map((x) => Math.max(x, 0)), {
    tolerance: 1e-6,
  });
  assertClose(
    outputs["large sigmoid"],
    values.map((x) => 1 / (1 + Math.exp(-x))),
    { tolerance: 1e-6 },
  );
  assertClose(outputs["large sum"], values.map((x) => x + x), {
    tolerance: 1e-6,
  });
  const maxima = Float32Array.from(
    { length: 13 },
    (_, c) => Math.max(...values.subarray(c * 4, c * 4 + 4)),
  );
  assertEquals(outputs["large max"], maxima);
  assertEquals(
    outputs["large large"].filter((_, i) => i % 16 === 0),
    values.filter((_, i) => i % 4 === 0),
  );
  assertEquals(outputs["small sum"], outputs["large sum"].slice(0, 12));
  assertEquals(length, 52);
});

Deno.test("compileGraphs() computes groups that do not fill blocks of four channels", async () => {
  const shape = [2, 6, 3, 4] as const;
  const graph = buildGraph({ x: shape }, ({ x }) => ({
    y: conv2d(x, {
      name: "conv",
      channels: 6,
      kernel: 1,
      groups: 3,
      bias: false,
    }),
  }));
  const x = randomValues(shape, "x");
  const weight = randomValues([6, 2, 1, 1], "weight");
  const { y } = await runGraph(gpu, graph, {
    inputs: { x },
    parameters: () => weight,
  });
  const expected = x.map((_, i) => {
    const [n, o, pixel] = [Math.floor(i / 72), Math.floor(i / 12) % 6, i % 12];
    const group = Math.floor(o / 2);
    const at = (channel: number) =>
      x[n * 72 + (group * 2 + channel) * 12 + pixel];
    return weight[o * 2] * at(0) + weight[o * 2 + 1] * at(1);
  });
  assertClose(y, expected, { tolerance: 1e-6 });
});

Deno.test("compileGraphs() shares buffers among graphs and frees them", async () => {
  const before = gpu.bytes;
  const graphOf = (size: number) =>
    buildGraph(
      { x: [1, 4, size, size] },
      ({ x }) => ({ y: sigmoid(relu(sigmoid(relu(x)))) }),
    );
  const graphs = [graphOf(8), graphOf(16)];
  {
    using parameters = new ParameterStore(gpu, noValues, { label: "none" });
    using compiled = await compileGraphs(
      gpu,
      graphs.map((graph) => ({ graph, parameters })),
      { precision: "f32" },
    );
    assertEquals(compiled.executables.length, 2);
    assertEquals(gpu.bytes - before, compiled.bytes);
    const peaks = graphs.map((graph) =>
      peakBytes([...lifetimesOf(graph, "f32").values()])
    );
    // At most two tensors of the larger graph are needed at once.
    assertEquals(compiled.bytes, Math.max(...peaks));
  }
  assertEquals(gpu.bytes, before);
});

Deno.test("compileGraphs() frees its buffers if it fails", async () => {
  const before = gpu.bytes;
  const graph = buildGraph(
    { x: [1, 4, 8, 8] },
    ({ x }) => ({ y: conv2d(x, { name: "conv", channels: 4, kernel: 1 }) }),
  );
  {
    using parameters = new ParameterStore(gpu, noValues, { label: "none" });
    await assertRejects(
      () => compileGraphs(gpu, [{ graph, parameters }], { precision: "f32" }),
      RangeError,
      "conv.weight",
    );
  }
  assertEquals(gpu.bytes, before);
});

Deno.test("compileGraphs() refuses a tensor that the adapter cannot bind", async () => {
  const before = gpu.bytes;
  // Enough channels that the binding exceeds its limit, and not the dispatch.
  const { maxStorageBufferBindingSize } = gpu.device.limits;
  const side = Math.ceil(Math.sqrt(maxStorageBufferBindingSize / 128)) + 1;
  const graph = buildGraph({ x: [1, 32, 1, 1] }, ({ x }) => ({
    y: globalMaxPool(resizeBilinear(x, { size: [side, side] })),
  }));
  using parameters = new ParameterStore(gpu, noValues, { label: "none" });
  const error = await assertRejects(
    () => compileGraphs(gpu, [{ graph, parameters }], { precision: "f32" }),
    GpuError,
    "use smaller tiles or f16",
  );
  assertEquals(error.kind, "out-of-memory");
  assertEquals(gpu.bytes, before);
});

Deno.test("compileGraphs() refuses dropout, which rewriting removes", async () => {
  const graph = buildGraph(
    { x: [1, 4, 8, 8] },
    ({ x }) => ({ y: dropout2d(relu(x), { probability: 0.5 }) }),
  );
  using parameters = new ParameterStore(gpu, noValues, { label: "none" });
  await assertRejects(
    () => compileGraphs(gpu, [{ graph, parameters }], { precision: "f32" }),
    TypeError,
    `Cannot lower "x.relu.dropout2d": dropout is for training only`,
  );
});

Deno.test("Executable.record() times each layer with a profiler", async () => {
  if (!gpu.device.features.has("timestamp-query")) return;
  const graph = buildGraph(
    { a: [1, 3, 8, 8] },
    ({ a }) => ({ y: sigmoid(concat([a, relu(a)], { name: "both" })) }),
  );
  using parameters = new ParameterStore(gpu, noValues, { label: "none" });
  using compiled = await compileGraphs(gpu, [{ graph, parameters }], {
    precision: "f32",
  });
  using profiler = new Profiler(gpu, 8);
  const encoder = gpu.encoder("test");
  compiled.executables[0].record(encoder, profiler);
  gpu.submit(encoder);
  const entries = await profiler.read();
  assertEquals(entries.map(({ name }) => name), [
    "a.relu",
    "both",
    "both.sigmoid",
  ]);
  for (const { milliseconds } of entries) {
    assert(milliseconds >= 0 && milliseconds < 1000);
  }
});

Deno.test("compileGraphs() hears a signal between two pipelines, and the next call does all that is left", async () => {
  using other = await Gpu.request();
  const { device } = other;
  const create = device.createComputePipelineAsync.bind(device);
  let compiled = 0;
  // Deno compiles within the call; here, for longer than others wait for their turn.
  const controller = new AbortController();
  device.createComputePipelineAsync = (descriptor) => {
    const stop = () => controller.abort(new Error("SIGTERM"));
    if (++compiled === 1) setTimeout(stop);
    const end = performance.now() + 20;
    while (performance.now() < end);
    return create(descriptor);
  };
  const graph = buildGraph({ x: [1, 4, 4, 4] }, ({ x }) => ({
    y: globalMaxPool(resizeBilinear(sigmoid(x), { scale: 2 })),
  }));
  const compile = (signal?: AbortSignal) =>
    compileGraphs(other, [{
      graph,
      parameters: new ParameterStore(other, noValues, { label: "none" }),
    }], { precision: "f32", signal });
  await assertRejects(() => compile(controller.signal), Error, "SIGTERM");
  assertEquals(compiled, 1);
  using whole = await compile();
  assertEquals([compiled, whole.executables[0].steps.length], [3, 3]);
  other.check();
});
