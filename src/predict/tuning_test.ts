import { assert, assertEquals, assertRejects } from "@std/assert";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import type { Conv2dProblem } from "../graph/conv2d_problem.ts";
import { variantsOf } from "../graph/conv2d_variant.ts";
import { buildGraph } from "../graph/graph.ts";
import { conv2d } from "../graph/ops/conv2d.ts";
import { Tuning } from "./tuning.ts";

const graph = buildGraph({ image: [1, 16, 20, 20] }, ({ image }) => {
  const layer = (name: string) =>
    conv2d(image, { name, channels: 16, kernel: 3, padding: 1 });
  return { a: layer("a"), b: layer("b") };
});

const problem: Conv2dProblem = {
  batch: 1,
  inputChannels: [16],
  outputChannels: 16,
  groups: 1,
  inputSize: [20, 20],
  outputSize: [20, 20],
  kernel: [3, 3],
  stride: 1,
  padding: 1,
  dilation: 1,
  bias: true,
  residual: false,
  relu: false,
  affine: false,
};

Deno.test("Tuning.tune() measures each shape once, and keeps one of the ways that there are", async () => {
  const tuning = new Tuning();
  assertEquals(tuning.variantOf(gpu, problem, "f32"), undefined);
  const steps: string[] = [];
  const measured = await tuning.tune(gpu, [graph, graph], {
    precision: "f32",
    onProgress: ({ done, total }) => steps.push(`${done}/${total}`),
  });
  assertEquals(measured, 1); // both layers have one shape
  assertEquals(steps, ["1/1"]);
  const variant = tuning.variantOf(gpu, problem, "f32");
  assert(
    variantsOf(problem, gpu).some((one) =>
      JSON.stringify(one) === JSON.stringify(variant)
    ),
  );
  assertEquals(tuning.variantOf(gpu, problem, "f16"), undefined);
  assertEquals(await tuning.tune(gpu, [graph], { precision: "f32" }), 0);

  const read = Tuning.parse(tuning.stringify());
  assertEquals(read.variantOf(gpu, problem, "f32"), variant);
  assertEquals(await read.tune(gpu, [graph], { precision: "f32" }), 0);
});

Deno.test("Tuning.parse() drops what is corrupt or stale in silence", async () => {
  for (const text of ["", "{", "[]", "null", "7", '{"a":3}']) {
    assertEquals(Tuning.parse(text).size, 0);
  }
  const tuning = new Tuning();
  await tuning.tune(gpu, [graph], { precision: "f32" });
  const stale = tuning.stringify().replace(/algorithm\\":\\"\w+/, "$&x");
  assert(stale !== tuning.stringify());
  const read = Tuning.parse(stale);
  assertEquals(read.size, 1);
  assertEquals(read.variantOf(gpu, problem, "f32"), undefined);
});

Deno.test("Tuning.tune() stops on a signal, with its reason", async () => {
  const reason = new Error("enough");
  await assertRejects(
    () =>
      new Tuning().tune(gpu, [graph], {
        precision: "f32",
        signal: AbortSignal.abort(reason),
      }),
    Error,
    "enough",
  );
});
