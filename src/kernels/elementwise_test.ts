import {
  assertClose,
  kernelTolerance,
} from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { activation, add, concat } from "./elementwise.ts";
import { packedBytes, packTensor, unpackTensor } from "./pack.ts";
import { assertEquals } from "@std/assert";

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
        // The padding of the last block must be zero, for convolutions that read whole blocks.
        assertEquals(
          bytes,
          packTensor(Float32Array.from(expected), shape, precision),
        );
      });
    }
  }
}
