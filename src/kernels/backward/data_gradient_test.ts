import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { packedBytes, packTensor } from "../pack.ts";
import { insertZeros, subsample } from "./data_gradient.ts";
import { assertEquals } from "@std/assert";

const cases = [
  { fullSize: [1, 1], stride: 2 },
  { fullSize: [8, 6], stride: 2 },
  { fullSize: [7, 37], stride: 2 },
  { fullSize: [11, 25], stride: 3 },
] as const;

for (const { fullSize, stride } of cases) {
  for (const precision of ["f32", "f16"] as const) {
    const size = fullSize.map((length) => Math.ceil(length / stride)) as
      & [number, number]
      & number[];
    const fullShape = [2, 5, ...fullSize] as const;
    const shape = [2, 5, size[0], size[1]] as const;
    const params = { planes: 4, fullSize, size, stride };
    const what = `${fullSize.join("×")}, stride ${stride}, ${precision}`;
    /** Index in the full tensor of a pixel of the subsampled one. */
    const places = Array.from(
      { length: 10 * size[0] * size[1] },
      (_, i) => {
        const plane = Math.floor(i / (size[0] * size[1]));
        const y = Math.floor(i / size[1]) % size[0] * stride;
        const x = i % size[1] * stride;
        return (plane * fullSize[0] + y) * fullSize[1] + x;
      },
    );

    Deno.test(`subsample() takes the stride's pixels exactly: ${what}`, async () => {
      const full = randomValues(fullShape, "x", { precision });
      const output = await runProgram(
        gpu,
        subsample.program(params, precision),
        {
          buffers: {
            input: packTensor(full, fullShape, precision),
            output: new ArrayBuffer(packedBytes(shape, precision)),
          },
        },
      );
      const expected = Float32Array.from(places, (at) => full[at]);
      assertEquals(output, packTensor(expected, shape, precision));
    });

    for (const added of [false, true]) {
      Deno.test(`insertZeros() puts pixels back${added ? ", added and masked" : ""}: ${what}`, async () => {
        // Eighths, so that sums are exact and no zero is negative.
        const eighths = (seed: string, of: typeof fullShape | typeof shape) =>
          randomValues(of, seed).map((x) => Math.round(8 * x) / 8 + 0);
        const values = eighths("x", shape);
        const residual = eighths("residual", fullShape);
        const mask = eighths("mask", fullShape);
        const expected = added
          ? residual.slice()
          : new Float32Array(residual.length);
        places.forEach((at, i) => expected[at] += values[i]);
        if (added) mask.forEach((m, i) => m > 0 || (expected[i] = 0));
        const output = await runProgram(
          gpu,
          insertZeros.program(
            { ...params, residual: added, mask: added },
            precision,
          ),
          {
            buffers: {
              input: packTensor(values, shape, precision),
              ...added && {
                residual: packTensor(residual, fullShape, precision),
                mask: packTensor(mask, fullShape, precision),
              },
              output: new ArrayBuffer(packedBytes(fullShape, precision)),
            },
          },
        );
        assertEquals(output, packTensor(expected, fullShape, precision));
      });
    }
  }
}
