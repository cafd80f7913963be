import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { add } from "./add.ts";
import { packedBytes, packTensor, unpackTensor } from "../pack_tensor.ts";

for (const pixels of [1, 63, 64, 65]) {
  for (const precision of ["f32", "f16"] as const) {
    for (const relu of [false, true]) {
      const what = `${pixels} pixels, ${precision}${relu ? ", relu" : ""}`;
      Deno.test(`add() matches the CPU reference: ${what}`, async () => {
        const shape = [2, 7, 1, pixels] as const;
        const a = randomValues(shape, "a", { precision });
        const b = randomValues(shape, "b", { precision });
        const bytes = await runProgram(
          gpu,
          add.program({ planes: 4, pixels, relu }, precision),
          {
            buffers: {
              a: packTensor(a, shape, precision),
              b: packTensor(b, shape, precision),
              output: new ArrayBuffer(packedBytes(shape, precision)),
            },
          },
        );
        assertClose(
          unpackTensor(bytes, shape, precision),
          a.map((x, i) => relu ? Math.max(x + b[i], 0) : x + b[i]),
          { tolerance: kernelTolerance[precision] },
        );
      });
    }
  }
}
