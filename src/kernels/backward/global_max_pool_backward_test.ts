import { assertEquals } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runBackward } from "../../../tests/helpers/run_backward.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { globalMaxPoolBackward } from "./global_max_pool_backward.ts";

for (const pixels of [1, 63, 64, 65, 200]) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`globalMaxPoolBackward() gives the gradient to the first maximum: ${pixels} pixels, ${precision}`, async () => {
      const shape = [2, 5, 1, pixels] as const;
      const outputShape = [2, 5, 1, 1] as const;
      // Few different values, so that maxima are met more than once.
      const values = randomValues(shape, "x").map((x) => Math.round(2 * x));
      const gradient = randomValues(outputShape, "g", { precision });
      const output = new Float32Array(10);
      const expected = new Float32Array(values.length);
      for (let plane = 0; plane < 10; plane++) {
        const of = values.subarray(plane * pixels, (plane + 1) * pixels);
        output[plane] = Math.max(...of);
        expected[plane * pixels + of.indexOf(output[plane])] = gradient[plane];
      }
      const program = globalMaxPoolBackward.program(
        { planes: 4, pixels },
        precision,
      );
      const actual = await runBackward(gpu, program, {
        input: { shape, values },
        output: { shape: outputShape, values: output },
        gradient,
        precision,
      });
      assertEquals(actual, expected);
    });
  }
}
