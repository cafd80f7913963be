// Operators that move values, and attention, in files made here, beside plain formulas.
import { assert, assertThrows } from "@std/assert";
import { buildGraph } from "../src/graph/graph.ts";
import { exportOnnx } from "../src/graph/onnx/export_onnx.ts";
import { OnnxModel } from "../src/graph/onnx/onnx_model.ts";
import type { OnnxAttribute } from "../src/graph/op.ts";
import type { Shape } from "../src/graph/tensor.ts";
import { importOnnx } from "../src/onnx/import_onnx.ts";
import { readOnnx } from "../src/onnx/read_onnx.ts";
import { maxDifference } from "./helpers/golden.ts";
import { randomValues } from "./helpers/random_values.ts";
import { runGraph } from "./helpers/run_graph.ts";
import { gpu } from "./helpers/shared_gpu.ts";

type Step = readonly [
  operator: string,
  inputs: readonly (string | readonly number[] | Float32Array)[],
  attributes?: Readonly<Record<string, OnnxAttribute>>,
];

/** A file of named steps; the last is the output, "x" the input. */
function file(shape: Shape, steps: Readonly<Record<string, Step>>) {
  const model = new OnnxModel();
  for (const [name, [operator, inputs, attributes]] of Object.entries(steps)) {
    const names = inputs.map((one, i) => {
      if (typeof one === "string") return one;
      const own = `${name}:${i}`;
      if (one instanceof Float32Array) {
        const data = new Uint8Array(one.slice().buffer);
        model.initializer({ name: own, shape: [1, one.length] }, "f32", data);
      } else {
        const values = BigInt64Array.from(one, BigInt);
        const data = new Uint8Array(values.buffer);
        model.initializer({ name: own, shape: [one.length] }, "i64", data);
      }
      return own;
    });
    model.node(operator, name, { inputs: names, attributes });
  }
  const output = Object.keys(steps).at(-1)!;
  const free = ["a", "b", "c", "d"];
  return model.encode({
    inputs: [{ name: "x", shape }],
    outputs: [{ name: output, shape: free }],
    type: "f32",
  });
}

/** Runs a file, and what it becomes when it is written and read again. */
async function run(
  shape: Shape,
  steps: Readonly<Record<string, Step>>,
  precision: "f32" | "f16",
): Promise<{ x: Float32Array; results: Float32Array[]; size: Shape }> {
  const x = randomValues(shape, "x", { precision });
  const build = (bytes: Uint8Array<ArrayBuffer>) =>
    buildGraph(
      { x: shape },
      (inputs) => importOnnx(readOnnx(bytes), inputs).outputs,
    );
  const graph = build(file(shape, steps));
  const again = build(exportOnnx(graph, () => new Float32Array()));
  const [output] = Object.keys(graph.outputs);
  const results: Float32Array[] = [];
  for (const one of [graph, again]) {
    const found = await runGraph(gpu, one, { inputs: { x }, precision });
    results.push(found[output]);
  }
  return { x, results, size: graph.outputs[output].shape };
}

/** Each case: a shape, steps, and where each value of the result is in the input, by N, C, H and W. */
const MOVES: Readonly<
  Record<
    string,
    readonly [
      Shape,
      Readonly<Record<string, Step>>,
      (n: number, c: number, y: number, x: number) => readonly number[],
    ]
  >
> = {
  "a channel shuffle": [
    [2, 6, 3, 5],
    {
      a: ["Reshape", ["x", [2, 2, 3, 3, 5]]],
      b: ["Transpose", ["a"], { perm: [0, 2, 1, 3, 4] }],
      y: ["Reshape", ["b", [2, 6, 3, 5]]],
    },
    (n, c, y, x) => [n, c % 2 * 3 + (c >> 1), y, x],
  ],
  "a slice of shuffled channels": [
    [1, 8, 2, 3],
    {
      a: ["Reshape", ["x", [1, 2, 4, 2, 3]]],
      b: ["Transpose", ["a"], { perm: [0, 2, 1, 3, 4] }],
      c: ["Reshape", ["b", [1, 8, 2, 3]]],
      y: ["Slice", ["c", [4], [8], [1]]],
    },
    (n, c, y, x) => [n, c % 2 * 4 + ((c + 4) >> 1), y, x],
  ],
  "DepthToSpace, blocks first": [
    [1, 12, 2, 3],
    { y: ["DepthToSpace", ["x"], { blocksize: 2 }] },
    (n, c, y, x) => [n, (y % 2 * 2 + x % 2) * 3 + c, y >> 1, x >> 1],
  ],
  SpaceToDepth: [
    [2, 3, 4, 6],
    { y: ["SpaceToDepth", ["x"], { blocksize: 2 }] },
    (n, c, y, x) => {
      const block = Math.floor(c / 3);
      return [n, c % 3, 2 * y + (block >> 1), 2 * x + block % 2];
    },
  ],
  "an enlargement by a product with ones, as HoVer-Net's": [
    [1, 5, 3, 4],
    {
      a: ["Reshape", ["x", [-1, 1]]],
      b: ["Einsum", ["a", Float32Array.of(1, 1, 1, 1)], {
        equation: "ij,jk->ik",
      }],
      c: ["Reshape", ["b", [1, 5, 3, 4, 2, 2]]],
      d: ["Transpose", ["c"], { perm: [0, 1, 2, 4, 3, 5] }],
      y: ["Reshape", ["d", [1, 5, 6, 8]]],
    },
    (n, c, y, x) => [n, c, y >> 1, x >> 1],
  ],
  "repeated channels": [
    [2, 3, 4, 4],
    { y: ["Tile", ["x", [1, 3, 1, 1]]] },
    (n, c, y, x) => [n, c % 3, y, x],
  ],
  "a repeated row": [
    [1, 4, 1, 5],
    { y: ["Expand", ["x", [1, 4, 3, 5]]] },
    (n, c, _, x) => [n, c, 0, x],
  ],
  "one of three parts of the channels, as of queries, keys and values": [
    [1, 12, 2, 2],
    {
      a: ["Reshape", ["x", [1, 3, 4, 2, 2]]],
      y: ["Gather", ["a", [1]], { axis: 1 }],
      z: ["Reshape", ["y", [1, 4, 2, 2]]],
    },
    (n, c, y, x) => [n, c + 4, y, x],
  ],
  "a Flatten whose axis counts from the end, and back": [
    [2, 7, 1, 1],
    {
      a: ["Flatten", ["x"], { axis: -3 }],
      b: ["Reshape", ["a", [2, 7, 1, 1]]],
      y: ["Tile", ["b", [1, 2, 1, 1]]],
    },
    (n, c) => [n, c % 7, 0, 0],
  ],
};

for (const [name, [shape, steps, sourceOf]] of Object.entries(MOVES)) {
  Deno.test(`importOnnx() moves values as the file says, and so does what is exported: ${name}`, async () => {
    for (const precision of ["f32", "f16"] as const) {
      const { x, results, size } = await run(shape, steps, precision);
      const [batch, channels, height, width] = size;
      const expected = new Float32Array(batch * channels * height * width);
      for (let i = 0; i < expected.length; i++) {
        const place = sourceOf(
          Math.floor(i / (channels * height * width)),
          Math.floor(i / (height * width)) % channels,
          Math.floor(i / width) % height,
          i % width,
        );
        expected[i] = x[place.reduce((at, p, axis) => at * shape[axis] + p)];
      }
      for (const found of results) {
        assert(maxDifference(found, expected) === 0, precision);
      }
    }
  });
}

Deno.test("importOnnx() computes attention among pixels: heads, products and softmax", async () => {
  const [heads, depth, height, width] = [3, 2, 3, 5];
  const count = height * width;
  const shape: Shape = [1, heads * depth, height, width];
  const steps: Record<string, Step> = {
    a: ["Reshape", ["x", [1, heads, depth, count]]],
    q: ["Transpose", ["a"], { perm: [0, 1, 3, 2] }],
    s: ["MatMul", ["q", "a"]],
    w: ["Softmax", ["s"], { axis: -1 }],
    v: ["MatMul", ["w", "q"]],
    t: ["Transpose", ["v"], { perm: [0, 1, 3, 2] }],
    y: ["Reshape", ["t", [...shape]]],
  };
  for (const [precision, limit] of [["f32", 1e-6], ["f16", 2e-3]] as const) {
    const { x, results } = await run(shape, steps, precision);
    const at = (head: number, d: number, i: number) =>
      x[(head * depth + d) * count + i];
    const expected = new Float32Array(x.length);
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < count; i++) {
        const scores = Array.from({ length: count }, (_, j) => {
          let sum = 0;
          for (let d = 0; d < depth; d++) {
            sum += at(head, d, i) * at(head, d, j);
          }
          return Math.exp(sum);
        });
        const total = scores.reduce((a, b) => a + b);
        for (let d = 0; d < depth; d++) {
          expected[(head * depth + d) * count + i] = scores
            .reduce((sum, s, j) => sum + s / total * at(head, d, j), 0);
        }
      }
    }
    for (const found of results) {
      assert(maxDifference(found, expected) < limit, precision);
    }
  }
});

Deno.test("importOnnx() computes a softmax over all pixels of a channel", async () => {
  const shape: Shape = [2, 5, 7, 9];
  const { x, results } = await run(shape, {
    a: ["Reshape", ["x", [2, 5, 63]]],
    b: ["Softmax", ["a"], { axis: -1 }],
    y: ["Reshape", ["b", [...shape]]],
  }, "f32");
  const expected = x.map((value, i) => {
    const plane = x.subarray(i - i % 63, i - i % 63 + 63);
    return Math.exp(value) / plane.reduce((sum, v) => sum + Math.exp(v), 0);
  });
  for (const found of results) {
    assert(maxDifference(found, expected) < 1e-6);
  }
});

Deno.test("importOnnx() refuses orders and products that it does not compute", () => {
  const refused: readonly [Shape, Record<string, Step>, string][] = [
    [
      [1, 4, 2, 2],
      { y: ["Transpose", ["x"], { perm: [0, 1, 1, 3] }] },
      "the order 0, 1, 1, 3 does not fit 1×4×2×2",
    ],
    [
      [1, 6, 4, 4],
      { y: ["Reshape", ["x", [1, 4, 6, 4]]] },
      "1×6×4×4 as 1×4×6×4 is not supported",
    ],
    [
      [1, 4, 2, 2],
      { y: ["Tile", ["x", [1, 2]]] },
      "2 repeats do not fit 1×4×2×2",
    ],
    [
      [1, 4, 2, 2],
      { y: ["Gather", ["x", [0, 1]], { axis: 1 }] },
      "only one element of an axis can be taken",
    ],
    [
      [1, 4, 2, 2],
      { y: ["DepthToSpace", ["x"], { blocksize: 3 }] },
      "1×4×2×2 has no blocks of 3",
    ],
    [
      [1, 4, 2, 2],
      { y: ["Einsum", ["x", "x"], { equation: "abcd,abcd->abcd" }] },
      "the equation abcd,abcd->abcd is not supported",
    ],
    [
      [1, 4, 2, 2],
      { y: ["BatchNormalization", ["x"], { training_mode: 1 }] },
      "it is in training: export the network in evaluation",
    ],
    [
      [1, 4, 2, 2],
      { y: ["Flatten", ["x"], { axis: -5 }] },
      "it has no axis -5",
    ],
  ];
  for (const [shape, steps, says] of refused) {
    assertThrows(
      () =>
        buildGraph(
          { x: shape },
          (inputs) => importOnnx(readOnnx(file(shape, steps)), inputs).outputs,
        ),
      TypeError,
      says,
    );
  }
});
