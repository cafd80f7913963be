import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import { readGolden, readGoldenJson } from "../../tests/helpers/golden.ts";
import { oneCycle } from "./one_cycle.ts";

Deno.test("oneCycle() gives PyTorch's learning rates and beta1", () => {
  const golden = readGolden("ops");
  const test = readGoldenJson<Record<string, number | string>[]>("ops")
    .find(({ op }) => op === "adam_one_cycle")!;
  const path = `${test.op}/${test.name}`;
  const rates = golden.values(`${path}/lr`);
  const betas = golden.values(`${path}/beta1`);
  const schedule = oneCycle({
    steps: Number(test.epochs) * Number(test.steps_per_epoch),
    maxLearningRate: Number(test.max_lr),
    percentStart: Number(test.pct_start),
    divFactor: Number(test.div_factor),
    finalDivFactor: Number(test.final_div_factor),
  });
  assert(rates.length === 40, `${rates.length} rates`);
  rates.forEach((rate, step) => {
    const { learningRate, beta1 } = schedule(step);
    // The golden values are rounded to float32.
    assert(
      Math.abs(learningRate - rate) <= 1e-7 * rate,
      `step ${step}: ${learningRate} for ${rate}`,
    );
    assertAlmostEquals(beta1, betas[step], 1e-7);
  });
});

Deno.test("oneCycle() has a value for every step of short runs and beyond the last", () => {
  for (const steps of [1, 2, 5, 6]) {
    const schedule = oneCycle({ steps });
    for (let step = 0; step < steps + 2; step++) {
      const { learningRate, beta1 } = schedule(step);
      assert(learningRate > 0 && learningRate <= 1e-4, `${learningRate}`);
      assert(beta1 >= 0.85 && beta1 <= 0.95, `${beta1}`);
    }
  }
  const schedule = oneCycle({ steps: 10 });
  assertAlmostEquals(schedule(99).learningRate, 1e-10, 1e-16);
});

Deno.test("oneCycle() refuses what is out of range", () => {
  assertThrows(
    () => oneCycle({ steps: 0 }),
    RangeError,
    "Cannot plan learning rates: steps must be a positive integer, received 0",
  );
  assertThrows(() => oneCycle({ steps: 1, maxLearningRate: NaN }), RangeError);
  assertThrows(() => oneCycle({ steps: 1, percentStart: 2 }), RangeError);
  assertThrows(() => oneCycle({ steps: 1, maxMomentum: 1 }), RangeError);
});
