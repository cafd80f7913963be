import { randomValues } from "../../tests/helpers/random_values.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { maxPool2d as reference } from "../../tests/reference/max_pool2d.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack.ts";
import { globalMaxPool, maxPool2d } from "./pool.ts";
import { assertEquals } from "@std/assert";

const cases = [
  { size: [1, 1], kernel: 3, stride: 2, padding: 1 },
  { size: [9, 7], kernel: 3, stride: 2, padding: 1 },
  { size: [9, 7], kernel: 2, stride: 2, padding: 0 },
  { size: [63, 1], kernel: 1, stride: 1, padding: 0 },
  { size: [1, 64], kernel: 1, stride: 1, padding: 0 },
  { size: [5, 65], kernel: 5, stride: 3, padding: 2 },
] as const;

for (const { size, kernel, stride, padding } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    const what = `${
      size.join("×")
    }, kernel ${kernel}, stride ${stride}, padding ${padding}, ${precision}`;
    Deno.test(`maxPool2d() matches the CPU reference: ${what}`, async () => {
      const channels = 3;
      const shape = [2, channels, ...size] as const;
      // All negative: neither padding nor padding channels may be the maximum.
      const input = randomValues(shape, "input", { precision })
        .map((x) => Math.f16round(x - 2));
      const [height, width] = size.map((length) =>
        Math.floor((length + 2 * padding - kernel) / stride) + 1
      );
      const outputShape = [2, channels, height, width] as const;
      const options = { kernel, stride, padding };
      const program = maxPool2d.program({
        ...options,
        planes: 2,
        inputSize: size,
        outputSize: [height, width],
      }, precision);
      const bytes = await runProgram(gpu, program, {
        buffers: {
          input: packTensor(input, shape, precision),
          output: new ArrayBuffer(packedBytes(outputShape, precision)),
        },
      });
      assertEquals(
        unpackTensor(bytes, outputShape, precision),
        reference(input, { ...options, planes: 6, size }),
      );
    });
  }
}

for (const pixels of [1, 16, 17, 65, 200, 513]) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`globalMaxPool() matches the CPU reference: ${pixels} pixels, ${precision}`, async () => {
      const channels = 133; // more planes than a workgroup takes
      const shape = [2, channels, 1, pixels] as const;
      // All negative, so that a zero from outside the plane would be the maximum.
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
