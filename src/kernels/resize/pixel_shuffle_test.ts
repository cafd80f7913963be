import { assertEquals } from "@std/assert";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { packedBytes, packTensor, unpackTensor } from "../pack_tensor.ts";
import { pixelShuffle } from "./pixel_shuffle.ts";

const cases = [
  { channels: 1, size: [1, 1], factor: 1 },
  { channels: 1, size: [1, 16], factor: 2 },
  { channels: 3, size: [5, 3], factor: 2 },
  { channels: 5, size: [2, 3], factor: 3 },
  { channels: 8, size: [3, 5], factor: 2 },
] as const;

for (const { channels, size: [height, width], factor } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    const what =
      `${channels} channels, ${height}×${width}, factor ${factor}, ${precision}`;
    Deno.test(`pixelShuffle() moves pixels exactly: ${what}`, async () => {
      const batch = 2;
      const inputChannels = channels * factor * factor;
      const shape = [batch, inputChannels, height, width] as const;
      const outputShape = [
        batch,
        channels,
        height * factor,
        width * factor,
      ] as const;
      const input = randomValues(shape, "input", { precision });
      const program = pixelShuffle.program(
        { batch, inputChannels, inputSize: [height, width], factor },
        precision,
      );
      const bytes = await runProgram(gpu, program, {
        buffers: {
          input: packTensor(input, shape, precision),
          output: new ArrayBuffer(packedBytes(outputShape, precision)),
        },
      });
      const expected = new Float32Array(input.length);
      input.forEach((value, at) => {
        const x = at % width;
        const y = Math.floor(at / width) % height;
        const plane = Math.floor(at / (width * height)); // image and channel
        const [j, i] = [plane % factor, Math.floor(plane / factor) % factor];
        const out = Math.floor(plane / factor ** 2);
        const row = (out * height + y) * factor + i;
        expected[(row * width + x) * factor + j] = value;
      });
      assertEquals(unpackTensor(bytes, outputShape, precision), expected);
      // What pads the last block must be zero, for convolutions that read whole blocks.
      assertEquals(bytes, packTensor(expected, outputShape, precision));
    });
  }
}
