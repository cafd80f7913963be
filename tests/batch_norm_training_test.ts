import { batchNormStatistics } from "../src/kernels/norm.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import { assertClose, kernelTolerance } from "./helpers/assert_close.ts";
import { randomValues } from "./helpers/random_values.ts";
import { runBatchNorm } from "./helpers/run_batch_norm.ts";
import { gpu } from "./helpers/shared_gpu.ts";
import { batchNorm } from "./reference/batch_norm.ts";
import { assert, assertThrows } from "@std/assert";

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly precision?: Precision;
  readonly relu?: boolean;
  /** Whether the gradients are added to others, and the input went through a ReLU. */
  readonly added?: boolean;
}

const cases: Record<string, Case> = {
  "2 images of 1 pixel": { shape: [2, 4, 1, 1] },
  "63 pixels": { shape: [1, 3, 7, 9], relu: true },
  "64 pixels, f16": { shape: [3, 6, 8, 8], precision: "f16", relu: true },
  "65 pixels": { shape: [2, 9, 5, 13], added: true },
  "many channels of few pixels": {
    shape: [3, 130, 2, 3],
    relu: true,
    added: true,
  },
  "1200 pixels, f16": { shape: [2, 5, 40, 30], precision: "f16", added: true },
};

for (const [name, test] of Object.entries(cases)) {
  Deno.test(`batch norm with batch statistics and its gradients match the CPU reference: ${name}`, () =>
    check(test));
}

Deno.test("batch statistics keep their digits where the mean is far from zero", async () => {
  const { input, options } = operands({ shape: [2, 4, 16, 16] });
  const far = input.map((x) => 1000 + x);
  const { runningVariance } = await runBatchNorm(gpu, {
    ...options,
    input: far,
  });
  const expected = batchNorm({ ...options, relu: false, input: far });
  assertClose(runningVariance, expected.runningVariance, { tolerance: 1e-5 });
});

Deno.test("gradients of batch norm are those that differences of its result give", () => {
  const { input, options } = operands({ shape: [2, 3, 3, 5] });
  const operandsOf = { ...options, relu: true, input };
  const product = (of: typeof operandsOf) =>
    batchNorm(of).y
      .reduce((sum, value, i) => sum + value * options.gradOutput[i], 0);
  const gradients = batchNorm(operandsOf);
  const step = 2 ** -10;
  const slopes = (key: "input" | "weight" | "bias") =>
    operandsOf[key].map((value, i) => {
      const at = (x: number) =>
        product({ ...operandsOf, [key]: operandsOf[key].with(i, x) });
      return (at(value + step) - at(value - step)) / (2 * step);
    });
  const tolerance = 2e-3;
  assertClose(slopes("input"), gradients.gradInput, { tolerance });
  assertClose(slopes("weight"), gradients.gradWeight, { tolerance });
  assertClose(slopes("bias"), gradients.gradBias, { tolerance });
});

Deno.test("batchNormStatistics() refuses a channel of one value", () => {
  assertThrows(
    () =>
      batchNormStatistics.program({
        batch: 1,
        blocks: 2,
        pixels: 1,
        epsilon: 1e-5,
      }),
    RangeError,
    "a channel must hold more than one value",
  );
});

function operands({ shape, precision = "f32" }: Case) {
  const random = (key: string) => randomValues(shape, key, { precision });
  const [, channels] = shape;
  const vector = (key: string) => randomValues([channels], key);
  return {
    input: random("input"),
    residual: random("residual"),
    before: vector("before"),
    options: {
      shape,
      weight: vector("weight"),
      bias: vector("bias"),
      runningMean: vector("mean"),
      runningVariance: vector("variance").map((x) => x + 2),
      gradOutput: random("gradient"),
      epsilon: 1e-5,
      momentum: 0.1,
      precision,
    },
  };
}

async function check(test: Case): Promise<void> {
  const { precision = "f32", relu = false, added = false } = test;
  const { input, residual, before, options } = operands(test);
  const actual = await runBatchNorm(gpu, {
    ...options,
    input,
    relu,
    ...added && { residual, gradWeight: before, inputRelu: true },
  });
  const expected = batchNorm({ ...options, input, relu });
  if (added) {
    expected.gradInput.forEach((value, i) => {
      expected.gradInput[i] = input[i] > 0 ? value + residual[i] : 0;
    });
    before.forEach((value, c) => {
      expected.gradWeight[c] += value;
      expected.gradBias[c] += value;
    });
  }
  assert(Object.keys(expected).length > 0);
  for (const [name, values] of Object.entries(expected)) {
    // Statistics and gradients by weight and bias are 32-bit sums, whatever the storage.
    const stored = name === "y" || name === "gradInput";
    const tolerance = kernelTolerance[stored ? precision : "f32"];
    assertClose(actual[name], values, { tolerance, name });
  }
}
