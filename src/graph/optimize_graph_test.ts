import { assertClose } from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runGraph } from "../../tests/helpers/run_graph.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { syntheticStateDict } from "../../tests/helpers/synthetic_state_dict.ts";
import { tinyUnext, tinyUnextOptions } from "../../tests/helpers/tiny_unext.ts";
import { unext } from "../models/unext.ts";
import { toFloat32 } from "../weights/tensor_data.ts";
import { convolutionOf, isConvolution } from "./fused/fused_conv2d.ts";
import { unfused } from "./fused/fused_node.ts";
import { buildGraph, type Graph, nodesOf } from "./graph.ts";
import { relu } from "./ops/activation.ts";
import { add } from "./ops/add.ts";
import { batchNorm } from "./ops/batch_norm.ts";
import { concat } from "./ops/concat.ts";
import { conv2d } from "./ops/conv2d.ts";
import { pixelShuffle } from "./ops/pixel_shuffle.ts";
import { resizeBilinear } from "./ops/resize_bilinear.ts";
import {
  optimizeGraph,
  type RewriteName,
  rewriteNames,
} from "./optimize_graph.ts";
import type { Tensor } from "./tensor.ts";
import { assert, assertEquals, assertNotEquals } from "@std/assert";

/** Rewrites only change rounding: products of a few dozen channels, through about forty layers. */
const TOLERANCE = 2e-5;

const weights = syntheticStateDict(tinyUnext);
const tiny = buildGraph(
  { image: [1, 3, 64, 64] },
  ({ image }) => ({ logits: unext(image, tinyUnextOptions).logits }),
);
/** Formulas are of imported networks, whose tests show that they are fused. */
const optional = rewriteNames.filter((name) =>
  !["removeDropout", "fusePointwise", "depthwise"].includes(name)
);
/** The rewrites that a rewrite depends on to have any effect. */
const needs: Partial<Record<RewriteName, readonly RewriteName[]>> = {
  storeShuffle: ["fuseEpilogue"],
  inlineNorm: ["liftRelu", "fuseEpilogue", "inlineConcat"],
};
let plain: Float32Array | undefined;

for (const name of optional) {
  Deno.test(`optimizeGraph() with ${name} alone changes no result`, async () => {
    plain ??= await run({ skip: optional });
    const needed = needs[name] ?? [];
    const without = optional.filter((other) => !needed.includes(other));
    const skip = without.filter((other) => other !== name);
    const options = { skip, maxInputs: 8 };
    const rewritten = optimizeGraph(tiny, options);
    const unchanged = optimizeGraph(tiny, { ...options, skip: without });
    assertNotEquals(describe(rewritten), describe(unchanged));
    assertClose(await run(options), plain, { tolerance: TOLERANCE });
  });
}

for (const maxInputs of [2, 4, 8]) {
  Deno.test(`optimizeGraph() with all rewrites changes no result, at most ${maxInputs} inputs`, async () => {
    plain ??= await run({ skip: optional });
    assertClose(await run({ maxInputs }), plain, { tolerance: TOLERANCE });
  });
}

Deno.test("optimizeGraph() does not change the original graph", () => {
  const nodes = nodesOf(tiny);
  const before = JSON.stringify(nodes);
  const rewritten = optimizeGraph(tiny);
  assertEquals(nodesOf(tiny).every((node, i) => node === nodes[i]), true);
  assertEquals(JSON.stringify(nodes), before);
  assert(nodesOf(rewritten).length < nodes.length);
});

Deno.test("optimizeGraph() reduces UNeXt to convolutions, pooling and resizes", () => {
  const ops = new Set(
    opsOf(optimizeGraph(tiny, { maxInputs: 8 })).map((op) => op.split("+")[0]),
  );
  // Batch norms on the skips cannot be folded, because the skips are also read without them: they are fused into loads.
  const expected = [
    "input",
    "conv2d",
    "max_pool2d",
    "global_max_pool",
    "resize_bilinear",
  ];
  assertEquals([...ops].toSorted(), expected.toSorted());
});

const conv = (x: Tensor, name = "conv") =>
  conv2d(x, { name, channels: 4, kernel: 1 });
const conv3 = (x: Tensor, name = "conv") =>
  conv2d(x, { name, channels: 4, kernel: 3, padding: 1 });
const norm = (x: Tensor) => batchNorm(x, { name: "bn" });

/** Edge cases of the rules: graphs that may be rewritten, and graphs that must not. */
const edges: Record<
  string,
  { build: (x: Tensor) => Record<string, Tensor>; ops: string[] }
> = {
  "a batch norm folds into its convolution": {
    build: (x) => ({ y: norm(conv(x)) }),
    ops: ["conv2d"],
  },
  "a batch norm does not fold where the convolution is read elsewhere": {
    build(x) {
      const y = conv(x);
      return { y, z: norm(y) };
    },
    ops: ["conv2d", "batch_norm"],
  },
  "a ReLU and a batch norm after it go into the convolution": {
    build: (x) => ({ y: norm(relu(conv(x))) }),
    ops: ["conv2d+relu+norm"],
  },
  "a batch norm, a ReLU and another batch norm go into the convolution": {
    build: (x) => ({ y: batchNorm(relu(norm(conv(x))), { name: "bn2" }) }),
    ops: ["conv2d+relu+norm"],
  },
  "a ReLU after a scale and shift stays": {
    build: (x) => ({ y: relu(norm(relu(conv(x)))) }),
    ops: ["conv2d+relu+norm", "relu"],
  },
  "a ReLU goes into a batch norm": {
    build: (x) => ({ y: relu(norm(x)) }),
    ops: ["batch_norm+relu"],
  },
  "a sum and its ReLU go into a convolution": {
    build: (x) => ({ y: relu(add(norm(conv(x)), x)) }),
    ops: ["conv2d+residual+relu"],
  },
  "a sum of two convolutions goes into one of them": {
    build: (x) => ({ y: relu(add(conv(x), conv(x, "bn"))) }),
    ops: ["conv2d", "conv2d+residual+relu"],
  },
  "a sum of a convolution with itself stays": {
    build(x) {
      const y = conv(x);
      return { y: add(y, y) };
    },
    ops: ["conv2d", "add"],
  },
  "a sum stays where the convolution is read elsewhere": {
    build(x) {
      const y = conv(x);
      return { y, z: add(y, x) };
    },
    ops: ["conv2d", "add"],
  },
  "a batch norm after a sum is the convolution's": {
    build: (x) => ({ y: norm(add(conv(x), x)) }),
    ops: ["conv2d+residual+norm"],
  },
  "a ReLU after a sum that has gone into a convolution with a ReLU": {
    build: (x) => ({ y: relu(add(relu(conv(x)), x)) }),
    ops: ["conv2d+relu", "add+relu"],
  },
  "a ReLU of a ReLU vanishes": {
    build: (x) => ({ y: relu(relu(x)) }),
    ops: ["relu"],
  },
  "a ReLU moves before a concat": {
    build: (x) => ({
      y: conv2d(relu(concat([conv(x), x], { name: "c" })), {
        name: "bn",
        channels: 4,
        kernel: 1,
      }),
    }),
    ops: ["conv2d+relu", "relu", "conv2d"],
  },
  "a ReLU stays where the concat is read elsewhere": {
    build(x) {
      const c = concat([conv(x), x], { name: "c" });
      return { c, y: relu(c) };
    },
    ops: ["conv2d", "concat", "relu"],
  },
  "a 1×1 convolution moves before a resize": {
    build: (x) => ({ y: conv(resizeBilinear(relu(x), { scale: 2 })) }),
    ops: ["relu", "conv2d", "resize_bilinear"],
  },
  "a 1×1 convolution joins one before the resize": {
    build: (x) => ({
      y: conv(resizeBilinear(conv3(x, "bn"), { scale: 3 })),
    }),
    ops: ["conv2d", "resize_bilinear"],
  },
  "a 1×1 convolution of a concat is done part by part, and summed up": {
    build(x) {
      const parts = [
        resizeBilinear(conv3(x, "bn"), { scale: 4 }),
        pixelShuffle(conv2d(x, { name: "s", channels: 64, kernel: 1 }), {
          factor: 4,
        }),
        resizeBilinear(conv3(x, "c"), { scale: 4 }),
      ];
      return { y: relu(conv(concat(parts, { name: "parts" }))) };
    },
    ops: [
      "conv2d",
      "conv2d",
      "pixel_shuffle",
      "conv2d",
      "resize_bilinear",
      "conv2d+residual",
      "resize_bilinear+residual",
      "relu",
    ],
  },
  "a pixel shuffle becomes the way a convolution stores": {
    build: (x) => ({
      y: pixelShuffle(
        relu(conv2d(x, { name: "conv", channels: 48, kernel: 1 })),
        { factor: 2 },
      ),
    }),
    ops: ["conv2d+relu+shuffle"],
  },
  "a pixel shuffle of channels that do not fill sixteens stays": {
    build: (x) => ({
      y: pixelShuffle(conv2d(x, { name: "conv", channels: 24, kernel: 1 }), {
        factor: 2,
      }),
    }),
    ops: ["conv2d", "pixel_shuffle"],
  },
  "a 3×3 convolution stays after a resize": {
    build: (x) => ({ y: conv3(resizeBilinear(x, { scale: 2 })) }),
    ops: ["resize_bilinear", "conv2d"],
  },
  "a 1×1 convolution stays after a resize to fewer pixels": {
    build: (x) => ({ y: conv(resizeBilinear(x, { size: [2, 5] })) }),
    ops: ["resize_bilinear", "conv2d"],
  },
  "a concat whose parts do not fill their blocks is made": {
    build: (x) => ({
      y: conv(
        concat(
          [pixelShuffle(x, { factor: 2 }), pixelShuffle(x, { factor: 2 })],
          { name: "c" },
        ),
      ),
    }),
    ops: ["pixel_shuffle", "pixel_shuffle", "concat", "conv2d"],
  },
};

for (const [name, { build, ops }] of Object.entries(edges)) {
  Deno.test(`optimizeGraph(): ${name}`, async () => {
    const graph = buildGraph<"x", string>(
      { x: [2, 4, 3, 5] },
      ({ x }) => build(x),
    );
    assertEquals(opsOf(optimizeGraph(graph)).slice(1), ops);
    const inputs = { x: randomValues([2, 4, 3, 5], "x") };
    const parameters = valuesOf(graph);
    const plain = await runGraph(gpu, graph, {
      inputs,
      parameters,
      skip: optional,
    });
    const rewritten = await runGraph(gpu, graph, { inputs, parameters });
    for (const [output, values] of Object.entries(plain)) {
      assertClose(rewritten[output], values, { tolerance: 2e-6, name: output });
    }
  });
}

/** The layers of a graph, with fused steps such as "add+relu". */
function opsOf(graph: Graph): string[] {
  return nodesOf(graph).map((node) => {
    const { base, epilogue } = isConvolution(node)
      ? { base: node, epilogue: convolutionOf(node).epilogue }
      : unfused(node);
    const fused = ["residual", "relu", "norm", "shuffle"]
      .filter((step) => ({ ...epilogue } as Record<string, unknown>)[step]);
    return [base.op.name.replace("fused_", ""), ...fused].join("+");
  });
}

/** The layer, inputs and parameters of each node. */
function describe(graph: Graph): unknown[] {
  const ops = opsOf(graph);
  return nodesOf(graph).map(({ inputs, parameters }, i) => [
    ops[i],
    inputs.map(({ name }) => name),
    Object.values(parameters).map(({ name }) => name),
  ]);
}

/** Random values for the parameters of a graph; variances are positive. */
function valuesOf(graph: Graph): (name: string) => Float32Array {
  const shapes = new Map<string, readonly number[]>();
  for (const node of nodesOf(graph)) {
    for (const { name, shape } of Object.values(node.parameters)) {
      shapes.set(name, shape);
    }
  }
  return (name) => {
    const values = randomValues(shapes.get(name)!, name);
    return name.endsWith("running_var") ? values.map((x) => x + 1.5) : values;
  };
}

async function run(
  options: { skip?: readonly RewriteName[]; maxInputs?: number },
): Promise<Float32Array> {
  const { logits } = await runGraph(gpu, tiny, {
    ...options,
    inputs: { image: randomValues([1, 3, 64, 64], "image") },
    parameters: (name) => toFloat32(weights.get(name)!),
  });
  return logits;
}
