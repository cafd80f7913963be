import {
  assertClose,
  kernelTolerance,
} from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { resizeBilinear as reference } from "../../tests/reference/resize_bilinear.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack.ts";
import { pixelShuffle, resizeBilinear } from "./resize.ts";
import { assertEquals } from "@std/assert";

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

const casesPixelShuffle = [
  { channels: 1, size: [1, 1], factor: 1 },
  { channels: 1, size: [1, 16], factor: 2 },
  { channels: 3, size: [5, 3], factor: 2 },
  { channels: 5, size: [2, 3], factor: 3 },
  { channels: 8, size: [3, 5], factor: 2 },
] as const;

for (const { channels, size: [height, width], factor } of casesPixelShuffle) {
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
      // The padding of the last block must be zero, for convolutions that read whole blocks.
      assertEquals(bytes, packTensor(expected, outputShape, precision));
    });
  }
}
