import { assertClose, kernelTolerance } from "../../tests/assert_close.ts";
import { randomValues } from "../../tests/random_values.ts";
import { resizeBilinear as reference } from "../../tests/reference/resize_bilinear.ts";
import { runProgram } from "../../tests/run_program.ts";
import { gpu } from "../../tests/shared_gpu.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack_tensor.ts";
import { resizeBilinear } from "./resize_bilinear.ts";

const cases = [
  { from: [1, 1], to: [1, 1] },
  { from: [1, 1], to: [9, 7] },
  { from: [7, 9], to: [63, 1] },
  { from: [3, 2], to: [8, 8] },
  { from: [4, 5], to: [5, 13] },
  { from: [5, 3], to: [80, 48] },
  { from: [9, 9], to: [3, 3] },
] as const;

for (const { from, to } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    const what = `${from.join("×")} to ${to.join("×")}, ${precision}`;
    Deno.test(`resizeBilinear() matches the CPU reference: ${what}`, async () => {
      const shape = [2, 5, ...from] as const;
      const input = randomValues(shape, "input", { precision });
      const outputShape = [2, 5, ...to] as const;
      const params = { planes: 4, inputSize: from, outputSize: to };
      const bytes = await runProgram(
        gpu,
        resizeBilinear.program(params, precision),
        {
          buffers: {
            input: packTensor(input, shape, precision),
            output: new ArrayBuffer(packedBytes(outputShape, precision)),
          },
        },
      );
      assertClose(
        unpackTensor(bytes, outputShape, precision),
        reference(input, { planes: 10, from, to }),
        { tolerance: kernelTolerance[precision] },
      );
    });
  }
}
