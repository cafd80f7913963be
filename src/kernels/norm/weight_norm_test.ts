import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { packConvWeight, packVector } from "../pack_weights.ts";
import { weightNorm } from "./weight_norm.ts";
import { weightNormBackward } from "../backward/weight_norm_backward.ts";

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
    // One input alone has no direction to change.
    if (size > 1) assertClose(await run("grad_v"), packed, { tolerance });
    const vector = new Float32Array(packVector(gradG));
    assertClose(await run("grad_g"), vector, { tolerance });
  });
}
