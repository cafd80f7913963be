import {
  chooseDataGradientTiling,
  type Conv2dGeometry,
} from "../src/kernels/backward/data_gradient.ts";
import { chooseWeightGradientTiling } from "../src/kernels/backward/weight_gradient.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import { assertClose, kernelTolerance } from "./helpers/assert_close.ts";
import { randomValues } from "./helpers/random_values.ts";
import {
  runConv2dGradients,
  type RunConv2dGradientsOptions,
} from "./helpers/run_conv2d_gradients.ts";
import { gpu } from "./helpers/shared_gpu.ts";
import { conv2d } from "./reference/conv2d.ts";
import { conv2dGradients } from "./reference/conv2d_gradients.ts";
import { assertEquals } from "@std/assert";

interface Case {
  readonly batch?: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly size: readonly [number, number];
  readonly kernel?: readonly [number, number];
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly precision?: Precision;
  /** Whether the gradients are added to others, and the input went through a ReLU. */
  readonly added?: boolean;
  readonly options?: Partial<RunConv2dGradientsOptions>;
}

const cases: Record<string, Case> = {
  "1 pixel": { inputs: 1, outputs: 1, size: [1, 1] },
  "63 pixels": { batch: 3, inputs: 3, outputs: 5, size: [7, 9], added: true },
  "64 pixels, f16": {
    inputs: 5,
    outputs: 36,
    size: [8, 8],
    precision: "f16",
    added: true,
  },
  "65 pixels": { inputs: 37, outputs: 3, size: [5, 13] },
  "3×3": pad3({ batch: 2, inputs: 21, outputs: 40, size: [6, 5], added: true }),
  "3×3 without padding": {
    inputs: 5,
    outputs: 6,
    size: [6, 7],
    kernel: [3, 3],
  },
  "5×2 kernel": {
    inputs: 4,
    outputs: 4,
    size: [7, 6],
    kernel: [5, 2],
    padding: 1,
  },
  "7×7 stride 2": {
    batch: 2,
    inputs: 3,
    outputs: 16,
    size: [13, 10],
    kernel: [7, 7],
    stride: 2,
    padding: 3,
  },
  "1×1 stride 2": { inputs: 8, outputs: 12, size: [5, 8], stride: 2 },
  "stride 3": pad3({ inputs: 4, outputs: 4, size: [11, 8], stride: 3 }),
  "stride 3, kernel 1, padding 1": {
    inputs: 4,
    outputs: 4,
    size: [5, 7],
    stride: 3,
    padding: 1,
  },
  "dilation 2, stride 2": {
    inputs: 4,
    outputs: 8,
    size: [9, 10],
    kernel: [3, 3],
    padding: 2,
    dilation: 2,
    stride: 2,
  },
  "dilation larger than the picture": {
    inputs: 4,
    outputs: 4,
    size: [3, 2],
    kernel: [3, 3],
    padding: 4,
    dilation: 4,
  },
  "8 groups of 4, stride 2": pad3({
    batch: 2,
    inputs: 32,
    outputs: 32,
    size: [8, 9],
    groups: 8,
    stride: 2,
    added: true,
  }),
  "3 groups of 8 and 12": pad3({
    inputs: 24,
    outputs: 36,
    size: [8, 5],
    groups: 3,
  }),
  "2 groups of 20 and 32, f16": pad3({
    inputs: 40,
    outputs: 64,
    size: [5, 4],
    groups: 2,
    precision: "f16",
  }),
  "pairs of pixels": { batch: 3, inputs: 37, outputs: 40, size: [6, 5] },
  "pairs of pixels, added": {
    batch: 2,
    inputs: 12,
    outputs: 72,
    size: [1, 14],
    added: true,
  },
  "pairs of pixels, f16, splits": {
    batch: 2,
    inputs: 20,
    outputs: 24,
    size: [16, 40],
    precision: "f16",
    options: { weightTiling: { splits: 3 } },
  },
  "pairs of pixels, 2 groups": {
    inputs: 24,
    outputs: 128,
    size: [4, 6],
    groups: 2,
    added: true,
  },
  "splits that do not fit the rows": pad3({
    batch: 3,
    inputs: 4,
    outputs: 4,
    size: [5, 6],
    added: true,
    options: { weightTiling: { splits: 4 } },
  }),
};

for (const [name, test] of Object.entries(cases)) {
  Deno.test(`conv2dDataGradient() and conv2dWeightGradient() match the CPU reference: ${name}`, () =>
    check(test));
}

Deno.test("conv2dDataGradient() and conv2dWeightGradient() match the CPU reference without subgroups", async () => {
  const options = { subgroupSize: 0 };
  await check({ ...cases["3×3"], options });
  await check({
    ...cases["3 groups of 8 and 12"],
    options: { ...options, weightTiling: { results: 3 } },
  });
  await check({
    ...cases["pairs of pixels"],
    options: { ...options, weightTiling: { results: 2, paired: true } },
  });
});

Deno.test("gradients of 1×1 convolutions by their weight are taken in pairs of pixels where a subgroup reads the same ones", () => {
  const paired = (test: Case, subgroupSize = 8) =>
    chooseWeightGradientTiling(operands(test).geometry, { subgroupSize })
      .paired;
  const even: Case = { inputs: 8, outputs: 16, size: [4, 4] };
  assertEquals(paired(even), true);
  assertEquals(paired(even, 32), false);
  assertEquals(paired({ ...even, size: [3, 5] }), false);
  assertEquals(paired({ ...even, outputs: 12 }), false);
  assertEquals(paired({ ...even, stride: 2 }), false);
  assertEquals(paired({ ...even, groups: 2, outputs: 64 }), false);
});

Deno.test("gradients of a convolution are those that differences of its result give", () => {
  const test = pad3({
    batch: 2,
    inputs: 8,
    outputs: 12,
    size: [5, 6],
    groups: 2,
    stride: 2,
  });
  const { geometry, shape, weightShape, input, weight, gradOutput } = operands(
    test,
  );
  const options = { ...geometry, shape, weightShape };
  const { gradInput, gradWeight } = conv2dGradients({
    ...options,
    input,
    weight,
    gradOutput,
  });
  // The result is linear in each operand, so that a step of any length gives the slope.
  const product = (input: Float32Array, weight: Float32Array) =>
    conv2d({ ...options, input, weight })
      .reduce((sum, value, i) => sum + value * gradOutput[i], 0);
  const start = product(input, weight);
  const step = 8;
  const slopes = (values: Float32Array, run: (v: Float32Array) => number) =>
    values.map((value, i) =>
      (run(values.with(i, value + step)) - start) / step
    );
  assertClose(slopes(input, (v) => product(v, weight)), gradInput, {
    tolerance: 1e-5,
  });
  assertClose(slopes(weight, (v) => product(input, v)), gradWeight, {
    tolerance: 1e-5,
  });
});

Deno.test("gradients of convolutions are cut for any shape so that threads do not cross groups", () => {
  for (const groups of [1, 2, 32]) {
    for (const channels of [4, 8, 12, 16, 20, 64]) {
      for (const subgroupSize of [0, 8, 32]) {
        const { geometry } = operands(pad3({
          inputs: 4 * groups,
          outputs: channels * groups,
          size: [3, 3],
          groups,
        }));
        const of = { subgroupSize };
        const data = chooseDataGradientTiling(geometry, of);
        assertEquals(1 % data.outputs, 0);
        const weight = chooseWeightGradientTiling(geometry, of);
        assertEquals((channels / 4) % weight.results, 0);
        assertEquals(geometry.kernel[1] % weight.taps, 0);
        assertEquals(weight.paired, false);
        if (weight.broadcast) {
          assertEquals(weight.lanes, subgroupSize);
          const held = weight.lanes * weight.results;
          assertEquals(groups === 1 || (channels / 4) % held === 0, true);
        }
      }
    }
  }
});

function pad3(test: Case): Case {
  return { ...test, kernel: [3, 3], padding: 1 };
}

function operands(test: Case) {
  const { batch = 1, stride = 1, padding = 0, dilation = 1, groups = 1 } = test;
  const { kernel = [1, 1], precision = "f32" } = test;
  const size = (axis: 0 | 1) =>
    Math.floor(
      (test.size[axis] + 2 * padding - dilation * (kernel[axis] - 1) - 1) /
        stride,
    ) + 1;
  const outputSize = [size(0), size(1)] as const;
  const geometry: Conv2dGeometry = {
    batch,
    inputChannels: test.inputs,
    outputChannels: test.outputs,
    groups,
    inputSize: test.size,
    outputSize,
    kernel,
    stride,
    padding,
    dilation,
  };
  const random = (shape: readonly number[], key: string) =>
    randomValues(shape, key, { precision });
  const shape = [batch, test.inputs, ...test.size] as const;
  const weightShape = [
    test.outputs,
    test.inputs / groups,
    ...kernel,
  ] as const;
  return {
    geometry,
    shape,
    weightShape,
    input: random(shape, "input"),
    weight: random(weightShape, "weight"),
    gradOutput: random([batch, test.outputs, ...outputSize], "gradient"),
    residual: random(shape, "residual"),
    gradWeight: randomValues(weightShape, "before"),
  };
}

async function check(test: Case): Promise<void> {
  const { precision = "f32", added = false } = test;
  const { geometry, ...tensors } = operands(test);
  const { residual, gradWeight, ...plain } = tensors;
  const actual = await runConv2dGradients(gpu, geometry, {
    ...plain,
    ...added && { residual, gradWeight, relu: true },
    ...test.options,
    precision,
  });
  const expected = conv2dGradients({ ...tensors, ...geometry });
  if (added) {
    expected.gradInput.forEach((value, i) => {
      expected.gradInput[i] = tensors.input[i] > 0 ? value + residual[i] : 0;
    });
    expected.gradWeight.forEach((_, i) => {
      expected.gradWeight[i] += gradWeight[i];
    });
  }
  for (const name of ["gradInput", "gradWeight", "gradBias"] as const) {
    // Gradients of weights and biases are 32-bit sums, whatever the storage.
    const tolerance = kernelTolerance[name === "gradInput" ? precision : "f32"];
    assertClose(actual[name], expected[name], { tolerance, name });
  }
}
