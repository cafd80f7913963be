import {
  assertClose,
  kernelTolerance,
} from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { runProgram } from "../../tests/helpers/run_program.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { weightNormBackward } from "./backward/norm.ts";
import { batchNorm, dropout2d, weightNorm } from "./norm.ts";
import {
  packAffine,
  packConvWeight,
  packedBytes,
  packTensor,
  packVector,
  unpackTensor,
} from "./pack.ts";
import { assert, assertEquals } from "@std/assert";

for (const pixels of [1, 63, 64, 65]) {
  for (const precision of ["f32", "f16"] as const) {
    for (const relu of [false, true]) {
      // The residual is added before the ReLU, so testing it without a ReLU adds nothing.
      const residual = relu;
      const post = relu ? ", residual, relu" : "";
      const what = `${pixels} pixels, ${precision}${post}`;
      Deno.test(`batchNorm() matches the CPU reference: ${what}`, async () => {
        const channels = 7;
        const shape = [2, channels, 1, pixels] as const;
        const input = randomValues(shape, "input", { precision });
        const scale = randomValues([channels], "scale");
        const shift = randomValues([channels], "shift");
        const added = randomValues(shape, "residual", { precision });
        const params = { batch: 2, blocks: 2, pixels, relu, residual };
        const bytes = await runProgram(
          gpu,
          batchNorm.program(params, precision),
          {
            buffers: {
              input: packTensor(input, shape, precision),
              affine: packAffine(scale, shift),
              ...residual && { residual: packTensor(added, shape, precision) },
              output: new ArrayBuffer(packedBytes(shape, precision)),
            },
          },
        );
        const expected = input.map((x, i) => {
          const channel = Math.floor(i / pixels) % channels;
          const value = x * scale[channel] + shift[channel];
          return relu ? Math.max(value + added[i], 0) : value;
        });
        assertClose(unpackTensor(bytes, shape, precision), expected, {
          tolerance: kernelTolerance[precision],
        });
      });
    }
  }
}

const CHANNELS = 1024;

/** The result of dropout on ones: one value per plane. */
async function drop(
  { probability, layer = 0, seed = 1, pixels = 3, precision = "f32" }: {
    readonly probability: number;
    readonly layer?: number;
    readonly seed?: number;
    readonly pixels?: number;
    readonly precision?: "f32" | "f16";
  },
): Promise<number[]> {
  const shape = [1, CHANNELS, 1, pixels] as const;
  const input = packTensor(
    new Float32Array(CHANNELS * pixels).fill(1),
    shape,
    precision,
  );
  const program = dropout2d.program(
    { planes: CHANNELS / 4, pixels, layer, probability },
    precision,
  );
  const bytes = await runProgram(gpu, program, {
    buffers: {
      input,
      output: new ArrayBuffer(input.byteLength),
      seed: Uint32Array.of(seed, 0, 0, 0).buffer,
    },
  });
  const values = unpackTensor(bytes, shape, precision);
  return Array.from({ length: CHANNELS }, (_, c) => {
    const plane = values.subarray(c * pixels, (c + 1) * pixels);
    assert(plane.every((x) => x === plane[0]), "a plane drops as a whole");
    return plane[0];
  });
}

for (const precision of ["f32", "f16"] as const) {
  for (const [probability, pixels] of [[0.5, 1], [0.5, 65], [0.2, 257]]) {
    Deno.test(`dropout2d() drops its share of the planes and scales the rest: ${probability}, ${pixels} pixels, ${precision}`, async () => {
      const planes = await drop({ probability, pixels, precision });
      const kept = planes.filter((x) => x !== 0);
      const share = 1 - kept.length / CHANNELS;
      // Five standard deviations of a binomial distribution.
      const room = 5 *
        Math.sqrt(probability * (1 - probability) / CHANNELS);
      assert(Math.abs(share - probability) < room, `share ${share}`);
      const scale = 1 / (1 - probability);
      assert(kept.every((x) => Math.abs(x - scale) < 1e-3 * scale));
    });
  }
}

Deno.test("dropout2d() depends on the seed and the layer alone", async () => {
  const same = await drop({ probability: 0.5 });
  assertEquals(await drop({ probability: 0.5 }), same);
  for (const other of [{ seed: 2 }, { layer: 1 }]) {
    const planes = await drop({ probability: 0.5, ...other });
    const equal = planes.filter((x, i) => x === same[i]).length / CHANNELS;
    assert(Math.abs(equal - 0.5) < 0.08, `${equal} are equal`);
  }
});

for (
  const [outputs, inputs, side] of [[1, 1, 1], [5, 3, 3], [8, 63, 1], [
    3,
    65,
    1,
  ]]
) {
  const kernel = [side, side] as const;
  const shape = { outputs, inputs, kernel };
  const size = inputs * side * side;
  const v = randomValues([outputs, size], "v");
  const g = randomValues([outputs], "g").map((x) => x + 1.5);
  const blocks = Math.ceil(outputs / 4);
  const packedV = packConvWeight(v, shape, "f32");
  const packedG = packVector(g);
  const params = { blocks, vectors: packedV.byteLength / 16 / blocks };
  const of = (o: number, values: Float32Array) =>
    values.subarray(o * size, (o + 1) * size);
  const dot = (a: Float32Array, b: Float32Array) =>
    a.reduce((sum, x, i) => sum + x * b[i], 0);
  const what = `${outputs}×${inputs}, kernel ${side}`;

  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`weightNorm() matches the CPU reference: ${what}, ${precision}`, async () => {
      const weight = v.map((x, i) => {
        const o = Math.floor(i / size);
        return g[o] * x / Math.sqrt(dot(of(o, v), of(o, v)));
      });
      const expected = packConvWeight(weight, shape, "f32");
      const bytes = await runProgram(
        gpu,
        weightNorm.program(params, precision),
        {
          buffers: {
            v: packedV,
            g: packedG,
            weight: new ArrayBuffer(
              expected.byteLength / (precision === "f16" ? 2 : 1),
            ),
          },
          read: "weight",
        },
      );
      const actual = precision === "f16"
        ? new Float16Array(bytes)
        : new Float32Array(bytes);
      assertClose(actual, new Float32Array(expected), {
        tolerance: kernelTolerance[precision],
      });
    });
  }

  Deno.test(`weightNormBackward() matches the CPU reference: ${what}`, async () => {
    const gradient = randomValues([outputs, size], "gradient");
    const gradG = new Float32Array(outputs);
    const gradV = v.map((x, i) => {
      const o = Math.floor(i / size);
      const norm = Math.sqrt(dot(of(o, v), of(o, v)));
      const along = dot(of(o, gradient), of(o, v)) / norm;
      gradG[o] = along;
      return g[o] / norm * (gradient[i] - x * along / norm);
    });
    const buffers = {
      v: packedV,
      g: packedG,
      gradient: packConvWeight(gradient, shape, "f32"),
      grad_v: new ArrayBuffer(packedV.byteLength),
      grad_g: new ArrayBuffer(packedG.byteLength),
    };
    const run = async (read: string) =>
      new Float32Array(
        await runProgram(gpu, weightNormBackward.program(params), {
          buffers,
          read,
        }),
      );
    const packed = new Float32Array(packConvWeight(gradV, shape, "f32"));
    const tolerance = 1e-5; // of differences that nearly cancel
    // A single input has no direction to change.
    if (size > 1) assertClose(await run("grad_v"), packed, { tolerance });
    const vector = new Float32Array(packVector(gradG));
    assertClose(await run("grad_g"), vector, { tolerance });
  });
}
