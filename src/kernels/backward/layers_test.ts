import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runBackward } from "../../../tests/helpers/run_backward.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { maxPool2d as pool } from "../../../tests/reference/max_pool2d.ts";
import { resizeBilinear } from "../../../tests/reference/resize_bilinear.ts";
import {
  packConvWeight,
  packedBytes,
  packTensor,
  ungroupWeight,
} from "../pack.ts";
import { pixelShuffle } from "../resize.ts";
import {
  activationBackward,
  globalMaxPoolBackward,
  maskGroups,
  maxPool2dBackward,
  maxPool2dWinners,
  pixelShuffleBackward,
  resizeBilinearBackward,
  sliceChannels,
} from "./layers.ts";
import { assertEquals } from "@std/assert";

for (const pixels of [1, 63, 64, 65, 200]) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`globalMaxPoolBackward() gives the gradient to the first maximum: ${pixels} pixels, ${precision}`, async () => {
      const shape = [2, 5, 1, pixels] as const;
      const outputShape = [2, 5, 1, 1] as const;
      // Few different values, so that maxima occur more than once.
      const values = randomValues(shape, "x").map((x) => Math.round(2 * x));
      const gradient = randomValues(outputShape, "g", { precision });
      const output = new Float32Array(10);
      const expected = new Float32Array(values.length);
      for (let plane = 0; plane < 10; plane++) {
        const of = values.subarray(plane * pixels, (plane + 1) * pixels);
        output[plane] = Math.max(...of);
        expected[plane * pixels + of.indexOf(output[plane])] = gradient[plane];
      }
      const program = globalMaxPoolBackward.program(
        { planes: 4, pixels },
        precision,
      );
      const actual = await runBackward(gpu, program, {
        input: { shape, values },
        output: { shape: outputShape, values: output },
        gradient,
        precision,
      });
      assertEquals(actual, expected);
    });
  }
}

for (const name of ["relu", "sigmoid"] as const) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`activationBackward() gives the gradient of ${name}, ${precision}`, async () => {
      const shape = [2, 5, 7, 37] as const;
      const of = { precision };
      const values = randomValues(shape, "x", of).map((x) => x / 2);
      const output = values.map((x) =>
        name === "relu" ? Math.max(x, 0) : Math.fround(1 / (1 + Math.exp(-x)))
      );
      const gradient = randomValues(shape, "g", of);
      const expected = gradient.map((g, i) => {
        const y = output[i];
        return name === "relu" ? (y > 0 ? g : 0) : g * y * (1 - y);
      });
      const params = { planes: 4, pixels: 7 * 37, function: name };
      const program = activationBackward.program(params, precision);
      const actual = await runBackward(gpu, program, {
        input: { shape, values },
        output: { shape, values: output },
        gradient,
        precision,
      });
      const tolerance = 4 * kernelTolerance[precision]; // the output was rounded, too
      assertClose(actual, expected, { tolerance });
      if (name === "relu") assertEquals(actual, expected);
    });
  }
}

const cases = [
  { size: [1, 1], kernel: 3, stride: 2, padding: 1 },
  { size: [9, 7], kernel: 3, stride: 2, padding: 1 },
  { size: [8, 6], kernel: 2, stride: 2, padding: 0 },
  { size: [63, 1], kernel: 1, stride: 1, padding: 0 },
  { size: [5, 65], kernel: 5, stride: 3, padding: 2 },
] as const;

for (const { size, kernel, stride, padding } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    const what = `${
      size.join("×")
    }, kernel ${kernel}, stride ${stride}, padding ${padding}, ${precision}`;
    Deno.test(`maxPool2dBackward() gives each gradient to the first maximum: ${what}`, async () => {
      const [height, width] = size;
      const outputSize = size.map((length) =>
        Math.floor((length + 2 * padding - kernel) / stride) + 1
      ) as [number, number];
      const shape = [2, 3, height, width] as const;
      const outputShape = [2, 3, ...outputSize] as const;
      // Few different values, so that many windows have equal ones; sums of eighths are exact.
      const input = randomValues(shape, "x").map((x) => Math.round(2 * x));
      const gradient = randomValues(outputShape, "g")
        .map((x) => Math.round(8 * x) / 8);
      const options = { planes: 6, size, kernel, stride, padding };
      const output = pool(input, options);

      const expected = new Float32Array(input.length);
      gradient.forEach((value, o) => {
        const plane = Math.floor(o / (outputSize[0] * outputSize[1]));
        const y = Math.floor(o / outputSize[1]) % outputSize[0];
        const x = o % outputSize[1];
        for (let tap = 0; tap < kernel * kernel; tap++) {
          const iy = y * stride + Math.floor(tap / kernel) - padding;
          const ix = x * stride + tap % kernel - padding;
          if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
          const at = (plane * height + iy) * width + ix;
          if (input[at] !== output[o]) continue;
          expected[at] += value;
          return;
        }
      });
      const params = { ...options, planes: 2, inputSize: size, outputSize };
      const program = maxPool2dBackward.program(params, precision);
      const actual = await runBackward(gpu, program, {
        input: { shape, values: input },
        output: { shape: outputShape, values: output },
        gradient,
        winners: maxPool2dWinners.program(params, precision),
        precision,
      });
      assertEquals(actual, expected);
    });
  }
}

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
        // Compares bytes, because the padding of the last block must be zero, too.
        assertEquals(back, input);
      });
    }
  }
}

const casesResizeBilinearBackward = [
  { from: [1, 1], to: [7, 5] },
  { from: [3, 4], to: [6, 8] },
  { from: [2, 3], to: [32, 48] },
  { from: [5, 4], to: [13, 11] },
  { from: [9, 7], to: [4, 5] },
  { from: [1, 65], to: [3, 65] },
  { from: [6, 6], to: [1, 1] },
] as const;

for (const { from, to } of casesResizeBilinearBackward) {
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(
      `resizeBilinearBackward() is the transpose of the resize: ${
        from.join("×")
      } to ${to.join("×")}, ${precision}`,
      async () => {
        const shape = [1, 3, ...from] as const;
        const outputShape = [1, 3, ...to] as const;
        const gradient = randomValues(outputShape, "g", { precision });
        const inputs = from[0] * from[1];
        const outputs = to[0] * to[1];
        const expected = new Float64Array(3 * inputs);
        for (let i = 0; i < inputs; i++) {
          const unit = new Float64Array(inputs);
          unit[i] = 1;
          const weights = resizeBilinear(unit, { from, to });
          for (let c = 0; c < 3; c++) {
            weights.forEach((weight, o) => {
              expected[c * inputs + i] += weight * gradient[c * outputs + o];
            });
          }
        }
        const program = resizeBilinearBackward.program(
          { planes: 1, inputSize: from, outputSize: to },
          precision,
        );
        const actual = await runBackward(gpu, program, {
          input: { shape, values: new Float32Array(3 * inputs) },
          output: { shape: outputShape, values: gradient },
          gradient,
          precision,
        });
        assertClose(actual, expected, {
          tolerance: kernelTolerance[precision],
        });
      },
    );
  }
}

for (const groups of [1, 2, 3]) {
  for (
    const [groupOutputs, groupInputs, side] of [[1, 1, 1], [5, 3, 3], [2, 6, 1]]
  ) {
    Deno.test(`maskGroups() keeps what is within groups: ${groups} groups of ${groupInputs} to ${groupOutputs}, kernel ${side}`, async () => {
      const outputs = groups * groupOutputs;
      const kernel = [side, side] as const;
      const shape = { outputs, inputs: groupInputs, kernel };
      const ones = new Float32Array(outputs * groupInputs * side * side).fill(
        1,
      );
      const stored = { ...shape, inputs: groups * groupInputs };
      const expected = packConvWeight(
        ungroupWeight(ones, shape, groups),
        stored,
        "f32",
      );
      const gradient = new Float32Array(expected.byteLength / 4).fill(1);
      const bytes = await runProgram(
        gpu,
        maskGroups.program({ shape: stored, groups }),
        { buffers: { gradient: gradient.buffer }, read: "gradient" },
      );
      // Padding outputs are already zero when the kernel runs.
      const [actual, wanted] = [bytes, expected].map((b) =>
        new Float32Array(b)
      );
      wanted.forEach((value, i) => {
        const output =
          Math.floor(i / (wanted.length / Math.ceil(outputs / 4))) *
            4 + i % 4;
        if (output < outputs) assertEquals(actual[i], value);
      });
    });
  }
}

const casesSliceChannels = [
  { inputChannels: 4, start: 0, channels: 4, pixels: 1 },
  { inputChannels: 9, start: 3, channels: 5, pixels: 63 },
  { inputChannels: 13, start: 8, channels: 5, pixels: 64 },
  { inputChannels: 13, start: 4, channels: 8, pixels: 65 },
  { inputChannels: 7, start: 6, channels: 1, pixels: 257 },
];

for (const { inputChannels, start, channels, pixels } of casesSliceChannels) {
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
