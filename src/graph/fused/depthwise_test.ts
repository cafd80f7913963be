import { assert, assertEquals } from "@std/assert";
import { maxDifference } from "../../../tests/helpers/golden.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runGraph } from "../../../tests/helpers/run_graph.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { conv2d as reference } from "../../../tests/reference/conv2d.ts";
import { buildGraph, nodesOf } from "../graph.ts";
import { optimizeGraph } from "../optimize_graph.ts";
import { relu } from "../ops/activation.ts";
import { add } from "../ops/add.ts";
import { conv2d } from "../ops/conv2d.ts";
import { leakyRelu } from "../ops/leaky_relu.ts";

const CASES = [
  { channels: 4, size: [1, 1], kernel: 1, padding: 0 },
  { channels: 6, size: [7, 9], kernel: 3, padding: 1 },
  { channels: 8, size: [8, 8], kernel: 5, padding: 2, stride: 2 },
  { channels: 5, size: [5, 13], kernel: 3, padding: 2, dilation: 2 },
  { channels: 12, size: [17, 16], kernel: 2, padding: 0, stride: 3 },
] as const;

for (const { channels, size: [height, width], ...options } of CASES) {
  Deno.test(`a convolution of each of ${channels} channels computes ${options.kernel}×${options.kernel} of ${height}×${width}`, async () => {
    const shape = [2, channels, height, width] as const;
    for (const precision of ["f32", "f16"] as const) {
      const graph = buildGraph(
        { x: shape },
        ({ x }) => ({
          y: conv2d(x, { name: "a", channels, groups: channels, ...options }),
        }),
      );
      assertEquals(
        nodesOf(optimizeGraph(graph)).map(({ op }) => op.name),
        ["input", "depthwise_conv2d"],
      );
      const { kernel } = options;
      const x = randomValues(shape, "x", { precision });
      const weight = randomValues([channels, 1, kernel, kernel], "w", {
        precision,
      });
      const bias = randomValues([channels], "b");
      const { y } = await runGraph(gpu, graph, {
        inputs: { x },
        parameters: (name) => name === "a.weight" ? weight : bias,
        precision,
      });
      const values = reference({
        ...{ input: x, shape, weight, bias, groups: channels },
        weightShape: [channels, 1, kernel, kernel],
        ...{ stride: 1, dilation: 1, ...options },
      });
      const limit = precision === "f32" ? 1e-5 : 1e-2;
      assert(maxDifference(y, values) < limit, precision);
    }
  });
}

Deno.test("sums and activations become part of a convolution of each channel", async () => {
  const shape = [1, 8, 6, 7] as const;
  const options = { channels: 8, groups: 8, kernel: 3, padding: 1 };
  const graph = buildGraph({ x: shape }, ({ x }) => ({
    sum: relu(add(conv2d(x, { name: "a", ...options }), x)),
    leaky: leakyRelu(conv2d(x, { name: "b", ...options })),
  }));
  assertEquals(
    nodesOf(optimizeGraph(graph)).map(({ op }) => op.name),
    ["input", "fused", "fused"],
  );
  const parameters = (name: string) =>
    randomValues(name.endsWith("bias") ? [8] : [8, 1, 3, 3], name);
  const inputs = { x: randomValues(shape, "x") };
  const [fused, plain] = await Promise.all(
    ([[], ["depthwise", "fuseEpilogue"]] as const).map((skip) =>
      runGraph(gpu, graph, { inputs, parameters, skip })
    ),
  );
  for (const name of ["sum", "leaky"] as const) {
    assert(maxDifference(fused[name], plain[name]) < 1e-5, name);
  }
});
