import { assertEquals } from "@std/assert";
import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { resizeBilinear as reference } from "../../../tests/reference/resize_bilinear.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { packedBytes, packTensor, unpackTensor } from "../pack_tensor.ts";
import { resizeBilinear } from "./resize_bilinear.ts";

const cases = [
  { from: [1, 1], to: [1, 1] },
  { from: [1, 1], to: [9, 7] },
  { from: [7, 9], to: [63, 1] },
  { from: [3, 2], to: [8, 8] },
  { from: [4, 5], to: [5, 13] },
  { from: [5, 3], to: [80, 48] },
  { from: [9, 9], to: [3, 3] },
  { from: [2, 9], to: [3, 70] },
] as const;

for (const { from, to } of cases) {
  for (
    const [channels, precision] of [
      [5, "f32"],
      [5, "f16"],
      [1, "f32"],
      [1, "f16"],
    ] as const
  ) {
    const what = `${channels} channels, ${from.join("×")} to ${
      to.join("×")
    }, ${precision}`;
    Deno.test(`resizeBilinear() matches the CPU reference: ${what}`, async () => {
      const planes = 2 * Math.ceil(channels / 4);
      const single = channels === 1;
      const shape = [2, channels, ...from] as const;
      const input = randomValues(shape, "input", { precision });
      const outputShape = [2, channels, ...to] as const;
      const residual = randomValues(outputShape, "residual", { precision });
      const params = {
        planes,
        inputSize: from,
        outputSize: to,
        residual: true,
        single,
      };
      const bytes = await runProgram(
        gpu,
        resizeBilinear.program(params, precision),
        {
          buffers: {
            input: packTensor(input, shape, precision),
            residual: packTensor(residual, outputShape, precision),
            output: new ArrayBuffer(packedBytes(outputShape, precision)),
          },
        },
      );
      const result = unpackTensor(bytes, outputShape, precision);
      const resized = reference(input, { planes: 2 * channels, from, to });
      assertClose(result, resized.map((x, i) => x + residual[i]), {
        tolerance: kernelTolerance[precision],
      });
      const padded = packTensor(result, outputShape, precision);
      assertEquals(new Uint8Array(bytes), new Uint8Array(padded)); // zeros in the channels past the last
    });
  }
}
