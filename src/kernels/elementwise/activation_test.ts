import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { activation } from "./activation.ts";
import { packedBytes, packTensor, unpackTensor } from "../pack_tensor.ts";

const references = {
  relu: (x: number) => Math.max(x, 0),
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
};

for (const name of ["relu", "sigmoid"] as const) {
  for (const pixels of [1, 63, 64, 65]) {
    for (const precision of ["f32", "f16"] as const) {
      Deno.test(`activation() matches the CPU reference: ${name}, ${pixels} pixels, ${precision}`, async () => {
        const shape = [2, 5, 1, pixels] as const;
        const input = randomValues(shape, name, { precision })
          .map((x) => x * 8);
        const params = { planes: 4, pixels, function: name };
        const bytes = await runProgram(
          gpu,
          activation.program(params, precision),
          {
            buffers: {
              input: packTensor(input, shape, precision),
              output: new ArrayBuffer(packedBytes(shape, precision)),
            },
          },
        );
        assertClose(
          unpackTensor(bytes, shape, precision),
          input.map(references[name]),
          { tolerance: kernelTolerance[precision] },
        );
      });
    }
  }
}
