import { assertEquals } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { globalMaxPool } from "./global_max_pool.ts";
import { packedBytes, packTensor, unpackTensor } from "../pack_tensor.ts";

for (const pixels of [1, 16, 17, 65, 200, 513]) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`globalMaxPool() matches the CPU reference: ${pixels} pixels, ${precision}`, async () => {
      const channels = 133; // more planes than a workgroup takes
      const shape = [2, channels, 1, pixels] as const;
      // All below zero, so that no zero from outside the plane may win.
      const input = randomValues(shape, "input", { precision })
        .map((x) => x - 2)
        .map(precision === "f16" ? Math.f16round : Math.fround);
      const outputShape = [2, channels, 1, 1] as const;
      const bytes = await runProgram(
        gpu,
        globalMaxPool.program({ planes: 68, pixels }, precision),
        {
          buffers: {
            input: packTensor(input, shape, precision),
            output: new ArrayBuffer(packedBytes(outputShape, precision)),
          },
        },
      );
      assertEquals(
        unpackTensor(bytes, outputShape, precision),
        Float32Array.from(
          { length: 2 * channels },
          (_, i) => Math.max(...input.subarray(i * pixels, (i + 1) * pixels)),
        ),
      );
    });
  }
}
