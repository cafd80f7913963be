import { assertEquals } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { packedBytes, packTensor } from "../pack_tensor.ts";
import { pixelShuffle } from "../resize/pixel_shuffle.ts";
import { pixelShuffleBackward } from "./pixel_shuffle_backward.ts";

for (const channels of [1, 3, 5, 16]) {
  for (const factor of [1, 2, 3]) {
    for (const precision of ["f32", "f16"] as const) {
      Deno.test(`pixelShuffleBackward() undoes the shuffle: ${channels} channels, factor ${factor}, ${precision}`, async () => {
        const inputChannels = channels * factor * factor;
        const inputSize = [5, 13] as const;
        const params = { batch: 2, inputChannels, inputSize, factor };
        const shape = [2, inputChannels, ...inputSize] as const;
        const shuffled = [2, channels, 5 * factor, 13 * factor] as const;
        const values = randomValues(shape, "x", { precision });
        const input = packTensor(values, shape, precision);
        const gradient = await runProgram(
          gpu,
          pixelShuffle.program(params, precision),
          {
            buffers: {
              input,
              output: new ArrayBuffer(packedBytes(shuffled, precision)),
            },
          },
        );
        const back = await runProgram(
          gpu,
          pixelShuffleBackward.program(params, precision),
          {
            buffers: {
              gradient,
              grad_input: new ArrayBuffer(input.byteLength),
            },
            read: "grad_input",
          },
        );
        // Byte by byte, so that what pads the last block is zero, too.
        assertEquals(back, input);
      });
    }
  }
}
