import { assertEquals } from "@std/assert";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { runGraph } from "../../../tests/helpers/run_graph.ts";
import { buildGraph, nodesOf } from "../graph.ts";
import { optimizeGraph } from "../optimize_graph.ts";
import { pointwise } from "../ops/pointwise.ts";

Deno.test("fusePointwise makes one kernel of a chain, reads each tensor once, and computes the same", async () => {
  const graph = buildGraph(
    { x: [1, 5, 2, 2], gate: [1, 1, 2, 2], scale: [1, 5, 1, 1] },
    ({ x, gate, scale }) => {
      const name = { name: "step" };
      const silu = pointwise(
        "multiply",
        [x, pointwise("sigmoid", [x], name)],
        name,
      );
      const gated = pointwise("multiply", [silu, gate], name);
      return {
        y: pointwise(
          "power",
          [pointwise("add", [gated, scale], name), 2],
          name,
        ),
      };
    },
  );
  const fused = optimizeGraph(graph);
  assertEquals(
    nodesOf(fused).map(({ op, inputs }) => [op.name, inputs.length]),
    [["input", 0], ["input", 0], ["input", 0], ["pointwise", 3]],
  );
  const x = Float32Array.from({ length: 20 }, (_, i) => i / 5 - 2);
  const gate = Float32Array.of(0, 1, -1, 0.5);
  const scale = Float32Array.of(1, 2, 3, 4, 5);
  const inputs = { x, gate, scale };
  const expected = x.map((value, i) => {
    const silu = value / (1 + Math.exp(-value));
    return (silu * gate[i % 4] + scale[Math.floor(i / 4)]) ** 2;
  });
  const round = (values: Float32Array) =>
    Array.from(values, (v) => v.toFixed(4));
  for (const skip of [[], ["fusePointwise"]] as const) {
    const { y } = await runGraph(gpu, graph, { inputs, skip });
    assertEquals(round(y), round(expected));
  }
});

Deno.test("fusePointwise leaves alone what others read, and what has one pixel", () => {
  const name = { name: "step" };
  const shared = buildGraph({ x: [1, 4, 2, 2] }, ({ x }) => {
    const a = pointwise("sigmoid", [x], name);
    return { a, b: pointwise("multiply", [x, a], name) };
  });
  assertEquals(nodesOf(optimizeGraph(shared)).length, 3);
  const small = buildGraph(
    { x: [1, 4, 2, 2], pooled: [1, 4, 1, 1] },
    ({ x, pooled }) => ({
      y: pointwise("multiply", [x, pointwise("sigmoid", [pooled], name)], name),
    }),
  );
  assertEquals(nodesOf(optimizeGraph(small)).length, 4);
});
