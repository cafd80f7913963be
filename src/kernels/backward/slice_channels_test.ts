import { assertEquals } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { packedBytes, packTensor } from "../pack_tensor.ts";
import { sliceChannels } from "./slice_channels.ts";

const cases = [
  { inputChannels: 4, start: 0, channels: 4, pixels: 1 },
  { inputChannels: 9, start: 3, channels: 5, pixels: 63 },
  { inputChannels: 13, start: 8, channels: 5, pixels: 64 },
  { inputChannels: 13, start: 4, channels: 8, pixels: 65 },
  { inputChannels: 7, start: 6, channels: 1, pixels: 257 },
];

for (const { inputChannels, start, channels, pixels } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`sliceChannels() takes channels exactly: ${channels} of ${inputChannels} from ${start}, ${pixels} pixels, ${precision}`, async () => {
      const batch = 2;
      const shape = [batch, inputChannels, 1, pixels] as const;
      const values = randomValues(shape, "x", { precision });
      const part = [batch, channels, 1, pixels] as const;
      const expected = Float32Array.from(
        { length: batch * channels * pixels },
        (_, i) => {
          const n = Math.floor(i / (channels * pixels));
          return values[
            n * inputChannels * pixels + start * pixels +
            i % (channels * pixels)
          ];
        },
      );
      const program = sliceChannels.program(
        { batch, inputChannels, start, channels, pixels },
        precision,
      );
      const output = await runProgram(gpu, program, {
        buffers: {
          input: packTensor(values, shape, precision),
          output: new ArrayBuffer(packedBytes(part, precision)),
        },
      });
      // Byte by byte, so that what pads the last block is zero, too.
      assertEquals(output, packTensor(expected, part, precision));
    });
  }
}
