import { assert } from "@std/assert";
import { variantsOf } from "../src/graph/conv2d_variant.ts";
import { buildGraph } from "../src/graph/graph.ts";
import type { Shape } from "../src/graph/tensor.ts";
import { unext101, unext50 } from "../src/models/architecture.ts";
import { unext, type UnextStage } from "../src/models/unext.ts";
import {
  unext101Options,
  unext50Options,
} from "../src/models/unext_options.ts";
import { toFloat32 } from "../src/weights/tensor_data.ts";
import {
  deviation,
  type Golden,
  maxDifference,
  readGolden,
} from "./helpers/golden.ts";
import { runGraph } from "./helpers/run_graph.ts";
import { gpu } from "./helpers/shared_gpu.ts";
import { syntheticStateDict } from "./helpers/synthetic_state_dict.ts";

/** Largest difference over the deviation of the golden logits, as tests/golden/README.md allows. */
const TOLERANCE = { f32: 2e-4, f16: 1.5e-2 } as const;

// Made by the first test that needs them.
let weights101: ReturnType<typeof syntheticStateDict> | undefined;

const architectures = {
  unext50: { architecture: unext50, options: unext50Options },
  unext101: { architecture: unext101, options: unext101Options },
};

for (const arch of ["unext50", "unext101"] as const) {
  const { architecture, options } = architectures[arch];
  const sizes = arch === "unext50" ? ["160x224", "256x256"] : ["128x96"];
  // Made by the first test that needs them, for all of the architecture.
  let weights: ReturnType<typeof syntheticStateDict> | undefined;
  for (const size of sizes) {
    for (const precision of ["f32", "f16"] as const) {
      const withStages = size === "160x224" && precision === "f32";
      const what = withStages ? "and its stages equal" : "equals";
      Deno.test(`${arch} at ${size} ${what} PyTorch in ${precision}`, async () => {
        weights ??= syntheticStateDict(architecture);
        const golden = readGolden(`${arch}_${size}`);
        const shape = golden.shape("input") as unknown as Shape;
        const graph = buildGraph<"input", string>(
          { input: shape },
          ({ input }) => {
            const stages = unext(input, options);
            return withStages ? stages : { logits: stages.logits };
          },
        );
        const outputs: Record<string, Float32Array> = await runGraph(
          gpu,
          graph,
          {
            inputs: { input: golden.values("input") },
            parameters: (name) => toFloat32(weights!.get(name)!),
            precision,
          },
        );
        const expected = golden.values("logits");
        const difference = maxDifference(outputs.logits, expected) /
          deviation(expected);
        console.log(
          `${arch} ${size} ${precision}: ${
            difference.toExponential(1)
          } of the deviation`,
        );
        assert(difference <= TOLERANCE[precision], `difference ${difference}`);
        if (withStages) checkStages(outputs, golden);
      });
    }
  }
}

/** Each way to compute a convolution, wherever the tuner could choose it. */
for (
  const algorithm of [
    "direct",
    "pointwise",
    "shared",
    "winograd",
    "patch",
  ] as const
) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`unext101 at 128x96 equals PyTorch in ${precision}, ${algorithm} wherever possible`, async () => {
      const golden = readGolden("unext101_128x96");
      const shape = golden.shape("input") as unknown as Shape;
      weights101 ??= syntheticStateDict(unext101);
      const { logits } = await runGraph(
        gpu,
        buildGraph({ input: shape }, ({ input }) => ({
          logits: unext(input, unext101Options).logits,
        })),
        {
          inputs: { input: golden.values("input") },
          parameters: (name) => toFloat32(weights101!.get(name)!),
          precision,
          variantOf: (problem) =>
            variantsOf(problem, gpu)
              .find((variant) => variant.algorithm === algorithm),
        },
      );
      const expected = golden.values("logits");
      const difference = maxDifference(logits, expected) / deviation(expected);
      assert(difference <= TOLERANCE[precision], `difference ${difference}`);
    });
  }
}

function checkStages(
  outputs: Readonly<Record<string, Float32Array>>,
  golden: Golden,
): void {
  const { logits: _, ...stages } = outputs;
  for (const [name, values] of Object.entries(stages)) {
    const stage = name as Exclude<UnextStage, "logits">;
    const expected = golden.values(`stage/${stage}/sample`);
    const sample = expected.map((_, k) =>
      values[Math.floor(k * (values.length - 1) / (expected.length - 1))]
    );
    const [, std] = golden.values(`stage/${stage}/mean_std_absmax`);
    const difference = maxDifference(sample, expected) / std;
    assert(difference <= TOLERANCE.f32, `${stage}: difference ${difference}`);
  }
}
