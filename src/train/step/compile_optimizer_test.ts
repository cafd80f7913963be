import { assert, assertEquals, assertThrows } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runAdam } from "../../../tests/helpers/run_adam.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import type { OptimizerOptions } from "../training_step.ts";
import { checkOptimizerOptions } from "./compile_optimizer.ts";

/** Adam by its definition in 64 bits, as PyTorch's `Adam` after `clip_grad_norm_`. */
function adam(
  start: Float32Array,
  updates: readonly {
    readonly gradients: Float32Array;
    readonly options: OptimizerOptions;
  }[],
): Float64Array {
  const w = Float64Array.from(start);
  const mean = new Float64Array(w.length);
  const square = new Float64Array(w.length);
  updates.forEach(({ gradients, options }, t) => {
    const { learningRate, beta1, weightDecay = 0, maxNorm = Infinity } =
      options;
    const norm = Math.hypot(...gradients);
    const factor = Math.min(1, maxNorm / (norm + 1e-6));
    w.forEach((value, i) => {
      const d = gradients[i] * factor + weightDecay * value;
      mean[i] += (1 - beta1) * (d - mean[i]);
      square[i] = 0.999 * square[i] + 0.001 * d * d;
      const m = mean[i] / (1 - beta1 ** (t + 1));
      const s = square[i] / (1 - 0.999 ** (t + 1));
      w[i] -= learningRate * m / (Math.sqrt(s) + 1e-8);
    });
  });
  return w;
}

for (const size of [1, 63, 64, 65, 5000]) {
  Deno.test(`compileOptimizer() makes Adam's updates: ${size} parameters`, async () => {
    const start = randomValues([size], "w");
    const updates = [0, 1, 2].map((i) => ({
      gradients: randomValues([size], `g${i}`),
      options: {
        learningRate: 0.01 / (i + 1),
        beta1: 0.95 - 0.03 * i,
        weightDecay: 0.1,
        maxNorm: i === 1 ? 0.5 : 100,
      },
    }));
    const results = await runAdam(gpu, updates, { start });
    results.forEach(({ values, control }, i) => {
      const norm = Math.hypot(...updates[i].gradients);
      assert(Math.abs(control.norm - norm) < 1e-5 * norm);
      assertEquals(control.steps, i + 1);
      const expected = adam(start, updates.slice(0, i + 1));
      values.forEach((value, k) =>
        assert(Math.abs(value - expected[k]) < 3e-7, `${value}`)
      );
    });
  });
}

Deno.test("compileOptimizer() undoes the loss scale, which grows when it was steady and shrinks on overflow", async () => {
  const options = { learningRate: 0.01, beta1: 0.9, maxNorm: 1 };
  const start = randomValues([65], "w");
  const gradients = randomValues([65], "g");
  const scaled = gradients.map((x) => x * 1024);
  const infinite = scaled.with(7, Infinity);
  const undefined_ = scaled.with(7, NaN);
  const [first, second, third, last] = await runAdam(
    gpu,
    [scaled, infinite, undefined_, gradients.map((x) => x * 256)]
      .map((gradients) => ({ gradients, options })),
    { start, lossScale: 1024, precision: "f16" },
  );
  const plain = adam(start, [{ gradients, options }, { gradients, options }]);
  assertEquals(
    [first, second, third, last].map(({ control }) => control.lossScale),
    [1024, 512, 256, 256],
  );
  assertEquals(
    [first, second, third, last].map(({ control }) => control.applied),
    [true, false, false, true],
  );
  assertEquals([second.values, third.values], [first.values, first.values]);
  assertEquals(last.control.steps, 2);
  assertEquals(last.control.steadySteps, 1);
  last.values.forEach((value, i) => assert(Math.abs(value - plain[i]) < 3e-7));
});

Deno.test("checkOptimizerOptions() refuses what is out of range", () => {
  const options = { learningRate: 0.01, beta1: 0.9 };
  checkOptimizerOptions(options);
  for (
    const least of [
      { learningRate: 0, beta1: 0, beta2: 0, weightDecay: 0 },
      { epsilon: Number.MIN_VALUE, maxNorm: Number.MIN_VALUE },
      { beta2: 0.999, epsilon: 0.999, maxNorm: Infinity },
    ]
  ) checkOptimizerOptions({ ...options, ...least });
  for (
    const wrong of [
      { learningRate: NaN },
      { beta1: 1 },
      { learningRate: -1e-9 },
      { beta1: -1e-9 },
      { beta2: -0.1 },
      { beta2: 1 },
      { epsilon: 0 },
      { epsilon: 1 },
      { weightDecay: -1e-9 },
      { weightDecay: Infinity },
      { maxNorm: 0 },
    ]
  ) {
    assertThrows(
      () => checkOptimizerOptions({ ...options, ...wrong }),
      RangeError,
      `Cannot update weights: ${Object.keys(wrong)[0]} must be`,
    );
  }
});
