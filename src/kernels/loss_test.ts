import { assertEquals } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { bceWithLogits, lossWorkgroups, mean } from "./loss.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack.ts";

/** Mean loss, and its gradient times `weight` and `scale`. */
async function run(
  logits: Float32Array,
  target: Float32Array,
  { weight = 1, scale = 1 } = {},
): Promise<{ loss: number; gradient: Float32Array }> {
  const count = logits.length;
  const shape = [1, 1, 1, count] as const;
  const length = lossWorkgroups({ count });
  const program = bceWithLogits.program({ count });
  const buffers = {
    logits: packTensor(logits, shape, "f32"),
    target_mask: target.slice().buffer,
    control: Float32Array.of(scale).buffer,
    weight: Float32Array.of(weight, 9, 9, 9).buffer,
    gradient: new ArrayBuffer(packedBytes(shape, "f32")),
    partial: new ArrayBuffer(length * 4),
  };
  const read = (read: string) => runProgram(gpu, program, { buffers, read });
  const result = await runProgram(gpu, mean.program({ length, count }), {
    buffers: { values: await read("partial"), result: new ArrayBuffer(4) },
    read: "result",
  });
  return {
    loss: new Float32Array(result)[0],
    gradient: unpackTensor(await read("gradient"), shape, "f32"),
  };
}

function reference(logits: Float32Array, target: Float32Array) {
  const terms = Array.from(
    logits,
    (x, i) =>
      Math.max(x, 0) - x * target[i] + Math.log1p(Math.exp(-Math.abs(x))),
  );
  return {
    loss: terms.reduce((a, b) => a + b) / logits.length,
    gradient: Array.from(
      logits,
      (x, i) => (1 / (1 + Math.exp(-x)) - target[i]) / logits.length,
    ),
  };
}

Deno.test("bceWithLogits() and mean() match the CPU reference, in one workgroup or in many", async () => {
  for (const count of [1, 255, 257, 66_000]) {
    const logits = randomValues([count], "x").map((x) => 4 * x);
    const target = randomValues([count], "t").map((t) => t > 0 ? 1 : 0);
    const expected = reference(logits, target);
    const { loss, gradient } = await run(logits, target);
    assertClose([loss], [expected.loss], { tolerance: 1e-5 });
    assertClose(gradient, expected.gradient, { tolerance: 1e-5 });
    const scaled = await run(logits, target, { weight: 0.5, scale: 64 });
    assertEquals(scaled.loss, loss);
    assertEquals(scaled.gradient, gradient.map((value) => value * 32));
  }
});

Deno.test("bceWithLogits() keeps the digits of a loss that is nearly zero", async () => {
  for (const x of [6.95, 7, 9, 12]) { // on both sides of exp(-x) = 0.001
    for (const sign of [-1, 1]) {
      const logits = Float32Array.of(sign * x);
      const target = Float32Array.of(sign > 0 ? 1 : 0);
      const { loss } = await run(logits, target);
      const expected = reference(logits, target);
      assertClose([loss], [expected.loss], { tolerance: 1e-4 });
    }
  }
});
