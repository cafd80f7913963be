import { assertEquals } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { maxPool2d as pool } from "../../../tests/reference/max_pool2d.ts";
import { runBackward } from "../../../tests/helpers/run_backward.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { maxPool2dBackward, maxPool2dWinners } from "./max_pool2d_backward.ts";

const cases = [
  { size: [1, 1], kernel: 3, stride: 2, padding: 1 },
  { size: [9, 7], kernel: 3, stride: 2, padding: 1 },
  { size: [8, 6], kernel: 2, stride: 2, padding: 0 },
  { size: [63, 1], kernel: 1, stride: 1, padding: 0 },
  { size: [5, 65], kernel: 5, stride: 3, padding: 2 },
] as const;

for (const { size, kernel, stride, padding } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    const what = `${
      size.join("×")
    }, kernel ${kernel}, stride ${stride}, padding ${padding}, ${precision}`;
    Deno.test(`maxPool2dBackward() gives each gradient to the first maximum: ${what}`, async () => {
      const [height, width] = size;
      const outputSize = size.map((length) =>
        Math.floor((length + 2 * padding - kernel) / stride) + 1
      ) as [number, number];
      const shape = [2, 3, height, width] as const;
      const outputShape = [2, 3, ...outputSize] as const;
      // Few different values, so that many windows hold equal ones; sums of eighths are exact.
      const input = randomValues(shape, "x").map((x) => Math.round(2 * x));
      const gradient = randomValues(outputShape, "g")
        .map((x) => Math.round(8 * x) / 8);
      const options = { planes: 6, size, kernel, stride, padding };
      const output = pool(input, options);

      const expected = new Float32Array(input.length);
      gradient.forEach((value, o) => {
        const plane = Math.floor(o / (outputSize[0] * outputSize[1]));
        const y = Math.floor(o / outputSize[1]) % outputSize[0];
        const x = o % outputSize[1];
        for (let tap = 0; tap < kernel * kernel; tap++) {
          const iy = y * stride + Math.floor(tap / kernel) - padding;
          const ix = x * stride + tap % kernel - padding;
          if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
          const at = (plane * height + iy) * width + ix;
          if (input[at] !== output[o]) continue;
          expected[at] += value;
          return;
        }
      });
      const params = { ...options, planes: 2, inputSize: size, outputSize };
      const program = maxPool2dBackward.program(params, precision);
      const actual = await runBackward(gpu, program, {
        input: { shape, values: input },
        output: { shape: outputShape, values: output },
        gradient,
        winners: maxPool2dWinners.program(params, precision),
        precision,
      });
      assertEquals(actual, expected);
    });
  }
}
