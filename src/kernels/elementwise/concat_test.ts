import { assertEquals } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { concat } from "./concat.ts";
import { packedBytes, packTensor, unpackTensor } from "../pack_tensor.ts";

const channelLists = [[4], [4, 8], [1, 3, 5, 7], [5, 1], [3, 3, 3, 3, 3, 1]];

for (const inputChannels of channelLists) {
  for (const pixels of [1, 65]) {
    for (const precision of ["f32", "f16"] as const) {
      const what = `${inputChannels.join("+")}, ${pixels} pixels, ${precision}`;
      Deno.test(`concat() moves channels exactly: ${what}`, async () => {
        const batch = 2;
        const parts = inputChannels.map((channels, i) => {
          const shape = [batch, channels, 1, pixels] as const;
          const values = randomValues(shape, `${i}`, { precision });
          return { shape, values };
        });
        const channels = inputChannels.reduce((a, b) => a + b);
        const shape = [batch, channels, 1, pixels] as const;
        const output = new ArrayBuffer(packedBytes(shape, precision));
        const inputs = parts.map(({ shape, values }, i) =>
          [`input${i}`, packTensor(values, shape, precision)] as const
        );
        const bytes = await runProgram(
          gpu,
          concat.program({ batch, inputChannels, pixels }, precision),
          { buffers: { output, ...Object.fromEntries(inputs) } },
        );
        const expected: number[] = [];
        for (let n = 0; n < batch; n++) {
          for (const { shape, values } of parts) {
            const size = shape[1] * pixels;
            expected.push(...values.subarray(n * size, (n + 1) * size));
          }
        }
        assertEquals(
          unpackTensor(bytes, shape, precision),
          Float32Array.from(expected),
        );
        // What pads the last block must be zero, for convolutions that read whole blocks.
        assertEquals(
          bytes,
          packTensor(Float32Array.from(expected), shape, precision),
        );
      });
    }
  }
}
