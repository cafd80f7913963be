import { exportOnnx } from "../src/graph/onnx/export_onnx.ts";
import { buildGraph } from "../src/graph/graph.ts";
import { relu } from "../src/graph/ops/activation.ts";
import { conv2d } from "../src/graph/ops/conv2d.ts";
import { leakyRelu } from "../src/graph/ops/leaky_relu.ts";
import type { Shape } from "../src/graph/tensor.ts";
import type { Architecture } from "../src/models/architecture.ts";
import { compileTraining } from "../src/train/compile_training.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import { assertClose } from "./helpers/assert_close.ts";
import { randomValues } from "./helpers/random_values.ts";
import { runGraph } from "./helpers/run_graph.ts";
import { gpu } from "./helpers/shared_gpu.ts";
import { assertEquals, assertThrows } from "@std/assert";

const SLOPE = 0.1;

const reference = (x: number) => x > 0 ? x : SLOPE * x;

for (const side of [1, 63, 64, 65]) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`leakyRelu() matches its definition in ${precision}, ${side} pixels wide`, async () => {
      const shape: Shape = [2, 5, 3, side];
      const x = randomValues(shape, "x", { precision });
      const graph = buildGraph({ x: shape }, ({ x }) => ({
        y: leakyRelu(x, { slope: SLOPE }),
      }));
      const { y } = await runGraph(gpu, graph, { inputs: { x }, precision });
      const tolerance = precision === "f32" ? 1e-6 : 1e-3;
      assertClose(y, x.map(reference), { tolerance });
    });
  }
}

Deno.test("leakyRelu() has a gradient", async () => {
  const [side, channels] = [8, 5];
  const pixels = side * side;
  const network: Architecture = {
    name: "leaky",
    forward(image) {
      const a = conv2d(image, { name: "a", channels, kernel: 1 });
      const h = leakyRelu(a, { slope: SLOPE });
      return conv2d(h, { name: "b", channels: 1, kernel: 1 });
    },
  };
  const shapes = {
    "a.weight": [channels, 3, 1, 1],
    "a.bias": [channels],
    "b.weight": [1, channels, 1, 1],
    "b.bias": [1],
  };
  const values = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      Float32Array.from(randomValues(shape, name)),
    ]),
  );
  const stateDict = new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const data = new Uint8Array(values[name].buffer);
      return [name, { shape, dtype: "f32", data }] as const;
    }),
  );
  const image = randomValues([pixels, 4], "image");
  const mask = Float32Array.from({ length: pixels }, (_, i) => i % 2);
  using step = await compileTraining(gpu, network, stateDict, {
    batch: 1,
    height: side,
    width: side,
  });
  const { queue } = gpu.device;
  const rgb0 = image.map((value, i) => i % 4 === 3 ? 0 : value);
  queue.writeBuffer(step.images.buffer, 0, Float32Array.from(rgb0));
  queue.writeBuffer(step.masks.buffer, 0, mask);
  await step.accumulate({ seed: 1 });
  const gradients = await step.gradients();

  const expected = {
    "a.bias": new Float32Array(channels),
    "b.weight": new Float32Array(channels),
  };
  for (let i = 0; i < pixels; i++) {
    const before = Array.from(
      { length: channels },
      (_, c) =>
        [0, 1, 2].reduce(
          (sum, k) => sum + values["a.weight"][c * 3 + k] * image[i * 4 + k],
          values["a.bias"][c],
        ),
    );
    const logit = before.reduce(
      (sum, x, c) => sum + values["b.weight"][c] * reference(x),
      values["b.bias"][0],
    );
    const share = (1 / (1 + Math.exp(-logit)) - mask[i]) / pixels;
    before.forEach((x, c) => {
      const slope = x > 0 ? 1 : SLOPE;
      expected["a.bias"][c] += share * values["b.weight"][c] * slope;
      expected["b.weight"][c] += share * reference(x);
    });
  }
  for (const [name, gradient] of Object.entries(expected)) {
    const actual = toFloat32(gradients.get(name)!);
    assertClose(actual, gradient, { tolerance: 1e-5, name });
  }
});

Deno.test("leakyRelu() is LeakyRelu in ONNX, with its slope", () => {
  const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => ({
    y: leakyRelu(relu(x), { slope: 0.25 }),
  }));
  const bytes = exportOnnx(graph, () => new Float32Array());
  const text = new TextDecoder("latin1").decode(bytes);
  assertEquals(text.includes("LeakyRelu"), true);
  const alpha = new Uint8Array(Float32Array.of(0.25).buffer);
  assertEquals(text.includes("alpha"), true);
  const float = new TextDecoder("latin1").decode(alpha);
  assertEquals(text.includes(float), true);
});

for (const slope of [-0.1, NaN, Infinity]) {
  Deno.test(`leakyRelu() refuses a slope of ${slope}`, () => {
    buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => {
      assertThrows(
        () => leakyRelu(x, { slope }),
        RangeError,
        `Cannot build leaky_relu "x.leaky_relu": slope must be finite and not negative, received ${slope}`,
      );
      return { x };
    });
  });
}
