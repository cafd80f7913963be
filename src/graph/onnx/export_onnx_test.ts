import { buildGraph } from "../graph.ts";
import { relu } from "../ops/activation.ts";
import { add } from "../ops/add.ts";
import { conv2d } from "../ops/conv2d.ts";
import { optimizeGraph } from "../optimize_graph.ts";
import { exportOnnx } from "./export_onnx.ts";
import { int, join, message, text } from "./protobuf.ts";
import { assertEquals, assertThrows } from "@std/assert";

const values = (name: string) =>
  new Float32Array(name.endsWith("bias") ? 4 : 4 * 4 * 9);

Deno.test("exportOnnx() names operators, weights, input and output", () => {
  const graph = buildGraph({ image: [1, 4, 8, 8] }, ({ image }) => ({
    result: relu(
      conv2d(image, { name: "a", channels: 4, kernel: 3, padding: 1 }),
    ),
  }));
  const bytes = exportOnnx(graph, values);
  const plain = new TextDecoder("latin1").decode(bytes);
  for (const name of ["Conv", "Relu", "a.weight", "a.bias", "result"]) {
    assertEquals(plain.includes(name), true, name);
  }
  // Twice the bytes for weights of 32 bits as for 16.
  const half = exportOnnx(graph, values, { precision: "f16" });
  assertEquals(bytes.length - half.length, (4 * 4 * 9 + 4) * 2);
});

Deno.test("exportOnnx() refuses fused layers", () => {
  const graph = buildGraph({ image: [1, 4, 8, 8] }, ({ image }) => ({
    result: add(
      conv2d(image, { name: "a", channels: 4, kernel: 3, padding: 1 }),
      image,
    ),
  }));
  assertThrows(
    () => exportOnnx(optimizeGraph(graph), values),
    TypeError,
    "export the graph as it was built",
  );
});

Deno.test("protobuf's wire format is as its documentation shows it", () => {
  assertEquals([...join(int(1, 150))], [0x08, 0x96, 0x01]);
  const testing = [0x12, 7, ...new TextEncoder().encode("testing")];
  assertEquals([...join(text(2, "testing"))], testing);
  assertEquals([...join(message(3, int(1, 150)))], [0x1a, 3, 0x08, 0x96, 1]);
});
