import { buildGraph, nodesOf, parametersOf } from "./graph.ts";
import { relu } from "./ops/activation.ts";
import { add } from "./ops/add.ts";
import { batchNorm } from "./ops/batch_norm.ts";
import { concat } from "./ops/concat.ts";
import { conv2d } from "./ops/conv2d.ts";
import { globalMaxPool } from "./ops/global_max_pool.ts";
import { maxPool2d } from "./ops/max_pool2d.ts";
import { pixelShuffle } from "./ops/pixel_shuffle.ts";
import { resizeBilinear } from "./ops/resize_bilinear.ts";
import type { Shape, Tensor } from "./tensor.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("buildGraph() infers shapes as PyTorch does", () => {
  const shapeOf = (shape: Shape, layer: (x: Tensor) => Tensor) =>
    buildGraph({ x: shape }, ({ x }) => ({ y: layer(x) })).outputs.y.shape;
  const conv = { name: "conv", channels: 6 };
  assertEquals(
    shapeOf(
      [2, 3, 37, 29],
      (x) => conv2d(x, { ...conv, kernel: 7, stride: 2, padding: 3 }),
    ),
    [2, 6, 19, 15],
  );
  assertEquals(
    shapeOf(
      [1, 4, 9, 9],
      (x) => conv2d(x, { ...conv, kernel: 3, dilation: 4, groups: 2 }),
    ),
    [1, 6, 1, 1],
  );
  assertEquals(
    shapeOf(
      [2, 3, 5, 2],
      (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }),
    ),
    [2, 3, 3, 1],
  );
  assertEquals(shapeOf([2, 3, 5, 2], globalMaxPool), [2, 3, 1, 1]);
  assertEquals(shapeOf([2, 12, 5, 3], (x) => pixelShuffle(x, { factor: 2 })), [
    2,
    3,
    10,
    6,
  ]);
  assertEquals(shapeOf([2, 3, 5, 4], (x) => resizeBilinear(x, { scale: 4 })), [
    2,
    3,
    20,
    16,
  ]);
  assertEquals(
    shapeOf([2, 3, 1, 1], (x) => resizeBilinear(x, { size: [7, 9] })),
    [2, 3, 7, 9],
  );
  assertEquals(
    shapeOf([2, 3, 5, 4], (x) => concat([x, relu(x), x], { name: "c" })),
    [2, 9, 5, 4],
  );
});

/** Invalid layers and their errors. */
const errors: Record<
  string,
  { build: (x: Tensor) => Tensor; message: string }
> = {
  "add of other shapes": {
    build: (x) => add(x, maxPool2d(x, { kernel: 2, stride: 2 })),
    message:
      `Cannot build add "image.add": the shapes 1×4×8×8 and 1×4×4×4 differ`,
  },
  "concat of other sizes": {
    build: (x) =>
      concat([x, maxPool2d(x, { kernel: 2, stride: 2 })], {
        name: "dec1.concat",
      }),
    message:
      `Cannot build concat "dec1.concat": the shapes 1×4×8×8 and 1×4×4×4 differ in more than their channels`,
  },
  "concat of nothing": {
    build: () => concat([], { name: "dec1.concat" }),
    message: `Cannot build concat "dec1.concat": it needs at least one input`,
  },
  "groups that do not divide the input": {
    build: (x) =>
      conv2d(x, { name: "enc2.0.conv2", channels: 6, kernel: 1, groups: 3 }),
    message:
      `Cannot build conv2d "enc2.0.conv2": 3 groups must divide both the 4 input channels and the 6 output channels`,
  },
  "groups that do not divide the output": {
    build: (x) =>
      conv2d(x, { name: "enc2.0.conv2", channels: 6, kernel: 1, groups: 4 }),
    message:
      `Cannot build conv2d "enc2.0.conv2": 4 groups must divide both the 4 input channels and the 6 output channels`,
  },
  "a kernel too large": {
    build: (x) =>
      conv2d(x, {
        name: "stem",
        channels: 4,
        kernel: 5,
        dilation: 3,
        padding: 2,
      }),
    message:
      `Cannot build conv2d "stem": a kernel of 5 with dilation 3 does not fit the input 1×4×8×8 with padding 2`,
  },
  "no channels": {
    build: (x) => conv2d(x, { name: "stem", channels: 0, kernel: 1 }),
    message:
      `Cannot build conv2d "stem": channels must be a positive integer, received 0`,
  },
  "a fraction of a stride": {
    build: (x) =>
      conv2d(x, { name: "stem", channels: 4, kernel: 1, stride: 1.5 }),
    message:
      `Cannot build conv2d "stem": stride must be a positive integer, received 1.5`,
  },
  "negative padding": {
    build: (x) =>
      conv2d(x, { name: "stem", channels: 4, kernel: 1, padding: -1 }),
    message:
      `Cannot build conv2d "stem": padding must be a non-negative integer, received -1`,
  },
  "a window too large": {
    build: (x) => maxPool2d(x, { kernel: 9, stride: 1 }),
    message:
      `Cannot build max_pool2d "image.max_pool2d": a kernel of 9 does not fit the input 1×4×8×8 with padding 0`,
  },
  "padding beyond half the window": {
    build: (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 2 }),
    message:
      `Cannot build max_pool2d "image.max_pool2d": padding must be at most half the kernel of 3, received 2`,
  },
  "a window that does not move": {
    build: (x) => maxPool2d(x, { kernel: 2, stride: 0 }),
    message:
      `Cannot build max_pool2d "image.max_pool2d": stride must be a positive integer, received 0`,
  },
  "pixel shuffle of too few channels": {
    build: (x) => pixelShuffle(x, { factor: 3 }),
    message:
      `Cannot build pixel_shuffle "image.pixel_shuffle": the channels must be a multiple of 9, received 4`,
  },
  "pixel shuffle by nothing": {
    build: (x) => pixelShuffle(x, { factor: 0 }),
    message:
      `Cannot build pixel_shuffle "image.pixel_shuffle": factor must be a positive integer, received 0`,
  },
  "a resize to a fraction": {
    build: (x) => resizeBilinear(x, { scale: 0.3 }),
    message:
      `Cannot build resize_bilinear "image.resize_bilinear": height and width must be positive integers, received [2.4, 2.4]`,
  },
};

for (const [name, { build, message }] of Object.entries(errors)) {
  Deno.test(`buildGraph() refuses ${name}`, () => {
    const graph = () =>
      buildGraph({ image: [1, 4, 8, 8] }, ({ image }) => ({ y: build(image) }));
    assertThrows(graph, RangeError, message);
  });
}

for (
  const shape of [[1, 3, 0, 8], [1, 3, 8.5, 8], [-1, 3, 8, 8], [
    1,
    NaN,
    8,
    8,
  ]] as const
) {
  Deno.test(`buildGraph() refuses an input of ${shape.join("×")}`, () => {
    assertThrows(
      () => buildGraph({ image: shape }, ({ image }) => ({ image })),
      RangeError,
      `Cannot build input "image": its shape must consist of positive integers, received [${
        shape.join(", ")
      }]`,
    );
  });
}

Deno.test("buildGraph() has the names of inputs and outputs in its type", () => {
  const graph = buildGraph({ image: [1, 4, 8, 8] }, (inputs) => {
    // @ts-expect-error there is no such input
    const none: Tensor = inputs.picture;
    assertEquals(none, undefined);
    return { mask: relu(inputs.image) };
  });
  assertEquals(graph.outputs.mask.op.name, "relu");
  assertEquals(graph.inputs.image.op.name, "input");
  // @ts-expect-error there is no such output
  assertEquals(graph.outputs.logits, undefined);
  // @ts-expect-error there is no such input
  assertEquals(graph.inputs.picture, undefined);
});

Deno.test("nodesOf() returns each node once, after its inputs", () => {
  const graph = buildGraph(
    { a: [1, 4, 8, 8], unused: [1, 1, 1, 1] },
    ({ a }) => {
      const shared = relu(a);
      return { sum: add(shared, relu(shared)), shared };
    },
  );
  const nodes = nodesOf(graph);
  assertEquals(nodes.map(({ op }) => op.name), [
    "input",
    "input",
    "relu",
    "relu",
    "add",
  ]);
  nodes.forEach((node, i) => {
    for (const input of node.inputs) {
      assertEquals(nodes.indexOf(input) < i, true);
    }
  });
});

Deno.test("parametersOf() returns each learned parameter once, by its name in the state dict", () => {
  const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => {
    const conv = conv2d(x, {
      name: "shuf",
      channels: 8,
      kernel: 1,
      weightNorm: true,
    });
    return { y: batchNorm(conv, { name: "bn" }) };
  });
  assertEquals(
    parametersOf(graph).map(({ name, shape }) => [name, ...shape]),
    [
      ["shuf.weight_v", 8, 4, 1, 1],
      ["shuf.weight_g", 8, 1, 1, 1],
      ["shuf.bias", 8],
      ["bn.weight", 8],
      ["bn.bias", 8],
      ["bn.running_mean", 8],
      ["bn.running_var", 8],
    ],
  );
});

Deno.test("parametersOf() refuses the same name for different shapes", () => {
  const graph = buildGraph({ x: [1, 3, 8, 8] }, ({ x }) => ({
    y: conv2d(conv2d(x, { name: "a", channels: 4, kernel: 1 }), {
      name: "a",
      channels: 4,
      kernel: 1,
    }),
  }));
  assertThrows(
    () => parametersOf(graph),
    RangeError,
    'Cannot share parameter "a.weight": the shapes 4×3×1×1 and 4×4×1×1 differ; use another name',
  );
});
