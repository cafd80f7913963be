import { assert, assertEquals, assertLess } from "@std/assert";
import type { Conv2dProblem } from "./conv2d_problem.ts";
import { cropped } from "./measure_variants.ts";

const problem: Conv2dProblem = {
  batch: 2,
  inputChannels: [64, 32],
  outputChannels: 128,
  groups: 2,
  inputSize: [256, 200],
  outputSize: [256, 200],
  kernel: [3, 3],
  stride: 1,
  padding: 1,
  dilation: 1,
  bias: true,
  residual: false,
  relu: false,
  affine: false,
};

/** Two a product, counted output by output. */
function flopsOf(of: Conv2dProblem): number {
  const [height, width] = of.outputSize;
  const channels = of.inputChannels.reduce((a, b) => a + b) / of.groups;
  const outputs = of.batch * of.outputChannels * height * width;
  return 2 * outputs * channels * of.kernel[0] * of.kernel[1];
}

Deno.test("measureVariants() crops a problem to the rows that 2 GFLOP pay for", () => {
  const crop = cropped(problem);
  const perRow = flopsOf(problem) / 256;
  assert(flopsOf(crop) <= 2e9);
  assertLess(2e9 - perRow, flopsOf(crop));
  assertEquals(crop.outputSize[1], 200);
});

Deno.test("measureVariants() keeps a small problem whole, and 16 rows of the largest", () => {
  const small = {
    ...problem,
    inputSize: [20, 200],
    outputSize: [20, 200],
  } as const;
  assertEquals(cropped(small), small);
  assertEquals(cropped({ ...problem, batch: 1000 }).outputSize, [16, 200]);
});

Deno.test("measureVariants() crops the input to what the rows read", () => {
  // Of 16 rows, two apart, the last reads taps 0, 3 and 6 from row 30 on; the first begins with 2 rows of padding.
  const strided = cropped({
    ...problem,
    batch: 1000,
    outputSize: [126, 98],
    stride: 2,
    padding: 2,
    dilation: 3,
  });
  assertEquals(strided.inputSize, [30 + 6 + 1 - 4, 200]);
});
