import { assert, assertEquals } from "@std/assert";
import { maxDifference } from "../../../tests/helpers/golden.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runGraph } from "../../../tests/helpers/run_graph.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import type { Conv2dProblem } from "../conv2d_problem.ts";
import { variantsOf } from "../conv2d_variant.ts";
import type { PointwiseFunction } from "../formula.ts";
import { buildGraph, nodesOf, parametersOf } from "../graph.ts";
import { optimizeGraph } from "../optimize_graph.ts";
import { add } from "../ops/add.ts";
import { conv2d } from "../ops/conv2d.ts";
import { groupNorm } from "../ops/group_norm.ts";
import { leakyRelu } from "../ops/leaky_relu.ts";
import { pointwise } from "../ops/pointwise.ts";
import type { Tensor } from "../tensor.ts";

const f = (
  name: PointwiseFunction,
  ...operands: readonly (Tensor | number)[]
) => pointwise(name, operands, { name });

const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  SiLU: (x) => f("multiply", x, f("sigmoid", x)),
  "hard swish": (x) =>
    f(
      "multiply",
      x,
      f("divide", f("minimum", f("maximum", f("add", x, 3), 0), 6), 6),
    ),
  GELU: (x) =>
    f(
      "multiply",
      f("multiply", x, f("add", f("erf", f("multiply", x, Math.SQRT1_2)), 1)),
      0.5,
    ),
  Mish: (x) => f("multiply", x, f("tanh", f("softplus", x))),
  "ReLU6": (x) => f("minimum", f("maximum", x, 0), 6),
  "leaky ReLU": (x) => leakyRelu(x, { slope: 0.1 }),
  "leaky ReLU above 1": (x) => leakyRelu(x, { slope: 1.5 }),
  "even, odd and no power": (x) =>
    f(
      "multiply",
      f("add", f("power", x, 4), f("add", f("power", x, 3), f("power", x, 2))),
      1e-3,
    ),
};

type Build = (x: Tensor) => Tensor;

/** Runs a graph fused and not; returns the ops of the fused one, and the largest difference. */
async function compare(
  build: Build,
  { shape, ...options }: {
    readonly shape: readonly [number, number, number, number];
    readonly precision: "f32" | "f16";
    readonly variantOf?: Parameters<typeof runGraph>[2]["variantOf"];
  },
) {
  const graph = buildGraph({ x: shape }, ({ x }) => ({ y: build(x) }));
  const shapes = new Map(
    parametersOf(graph).map(({ name, shape }) => [name, shape] as const),
  );
  const inputs = { x: randomValues(shape, "x") };
  const parameters = (name: string) => randomValues(shapes.get(name)!, name);
  const [fused, plain] = await Promise.all(
    ([[], ["fuseEpilogue"]] as const).map((skip) =>
      runGraph(gpu, graph, { ...options, inputs, parameters, skip })
    ),
  );
  return {
    ops: nodesOf(optimizeGraph(graph)).map(({ op }) => op.name),
    difference: maxDifference(fused.y, plain.y),
  };
}

const LIMITS = { f32: 2e-5, f16: 2e-2 };

for (const [name, activation] of Object.entries(ACTIVATIONS)) {
  Deno.test(`fuseEpilogue makes ${name} part of the convolution before it`, async () => {
    for (const precision of ["f32", "f16"] as const) {
      const { ops, difference } = await compare(
        (x) => {
          const options = { channels: 8, kernel: 1, padding: 0 };
          const skip = conv2d(x, { ...options, name: "skip" });
          return activation(add(conv2d(x, { ...options, name: "a" }), skip));
        },
        { shape: [1, 4, 5, 6], precision },
      );
      assertEquals(ops.slice(-2), ["conv2d", "fused_conv2d"]);
      assert(difference < LIMITS[precision], `${precision}: ${difference}`);
    }
  });
}

Deno.test("all variants of a convolution compute a formula after their sums", async () => {
  const used = new Set<string>();
  for (const [kernel, groups] of [[1, 1], [3, 1], [3, 4]]) {
    const variantsAt = (problem: Conv2dProblem) => variantsOf(problem, gpu);
    const build: Build = (x) =>
      ACTIVATIONS.SiLU(
        conv2d(x, {
          ...{ name: "a", channels: 64, kernel, padding: kernel >> 1, groups },
        }),
      );
    const one = new Map<string, number>();
    await compare(build, {
      ...{ shape: [1, 16, 16, 16], precision: "f32" },
      variantOf(problem) {
        variantsAt(problem).forEach(({ algorithm }, i) =>
          one.set(algorithm, i)
        );
        return undefined;
      },
    });
    for (const [algorithm, at] of one) {
      used.add(algorithm);
      const { difference } = await compare(build, {
        ...{ shape: [1, 16, 16, 16], precision: "f32" },
        variantOf: (problem) => variantsAt(problem)[at],
      });
      assert(difference < LIMITS.f32, `${algorithm}: ${difference}`);
    }
  }
  assertEquals(
    [...used].sort(),
    ["direct", "patch", "pointwise", "shared", "winograd"],
  );
});

Deno.test("fuseEpilogue makes a formula part of a group norm", async () => {
  const vector = (name: string) => ({ name, shape: [8] });
  const { ops, difference } = await compare(
    (x) =>
      ACTIVATIONS.SiLU(groupNorm(x, {
        ...{ name: "norm", groups: 2, epsilon: 1e-5 },
        ...{ weight: vector("w"), bias: vector("b") },
      })),
    { shape: [1, 8, 6, 6], precision: "f32" },
  );
  assertEquals(ops, ["input", "fused"]);
  assert(difference < LIMITS.f32, String(difference));
});

Deno.test("fuseEpilogue leaves a formula alone that would fill padding, read two tensors, or follow a ReLU", async () => {
  const conv = (x: Tensor, channels: number) =>
    conv2d(x, { name: "a", channels, kernel: 1 });
  const cases: readonly Build[] = [
    (x) => f("exponential", conv(x, 6)),
    (x) => f("multiply", conv(x, 4), f("sigmoid", x)),
    (x) => f("exponential", f("maximum", conv(x, 4), f("add", x, 1))),
  ];
  for (const build of cases) {
    const { ops } = await compare(build, {
      ...{ shape: [1, 4, 3, 3], precision: "f32" },
    });
    assertEquals(ops.at(-1), "pointwise");
  }
});
