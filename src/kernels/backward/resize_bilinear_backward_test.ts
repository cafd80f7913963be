import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { resizeBilinear } from "../../../tests/reference/resize_bilinear.ts";
import { runBackward } from "../../../tests/helpers/run_backward.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { resizeBilinearBackward } from "./resize_bilinear_backward.ts";

const cases = [
  { from: [1, 1], to: [7, 5] },
  { from: [3, 4], to: [6, 8] },
  { from: [2, 3], to: [32, 48] },
  { from: [5, 4], to: [13, 11] },
  { from: [9, 7], to: [4, 5] },
  { from: [1, 65], to: [3, 65] },
  { from: [6, 6], to: [1, 1] },
] as const;

for (const { from, to } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(
      `resizeBilinearBackward() is the transpose of the resize: ${
        from.join("×")
      } to ${to.join("×")}, ${precision}`,
      async () => {
        const shape = [1, 3, ...from] as const;
        const outputShape = [1, 3, ...to] as const;
        const gradient = randomValues(outputShape, "g", { precision });
        const inputs = from[0] * from[1];
        const outputs = to[0] * to[1];
        const expected = new Float64Array(3 * inputs);
        for (let i = 0; i < inputs; i++) {
          const unit = new Float64Array(inputs);
          unit[i] = 1;
          const weights = resizeBilinear(unit, { from, to });
          for (let c = 0; c < 3; c++) {
            weights.forEach((weight, o) => {
              expected[c * inputs + i] += weight * gradient[c * outputs + o];
            });
          }
        }
        const program = resizeBilinearBackward.program(
          { planes: 1, inputSize: from, outputSize: to },
          precision,
        );
        const actual = await runBackward(gpu, program, {
          input: { shape, values: new Float32Array(3 * inputs) },
          output: { shape: outputShape, values: gradient },
          gradient,
          precision,
        });
        assertClose(actual, expected, {
          tolerance: kernelTolerance[precision],
        });
      },
    );
  }
}
