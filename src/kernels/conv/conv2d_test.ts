import {
  assertClose,
  kernelTolerance,
} from "../../../tests/helpers/assert_close.ts";
import { randomValues } from "../../../tests/helpers/random_values.ts";
import { runProgram } from "../../../tests/helpers/run_program.ts";
import { gpu } from "../../../tests/helpers/shared_gpu.ts";
import { conv2d as reference } from "../../../tests/reference/conv2d.ts";
import type { Kernel } from "../kernel.ts";
import {
  packAffine,
  packConvWeight,
  packedBytes,
  packTensor,
  packVector,
  unpackTensor,
} from "../pack.ts";
import type { Precision } from "../wgsl/specialize.ts";
import {
  chooseTiling,
  conv2d,
  conv2dPointwise,
  type Conv2dPointwiseParams,
  type Conv2dTiling,
} from "./conv2d.ts";
import { assertEquals } from "@std/assert";

interface Case {
  readonly batch?: number;
  readonly inputs: readonly number[];
  readonly outputs: number;
  readonly size: readonly [number, number];
  readonly kernel?: readonly [number, number];
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly bias?: boolean;
  readonly residual?: boolean;
  readonly relu?: boolean;
  readonly affine?: boolean;
  readonly tiling?: Partial<Conv2dTiling>;
  readonly precision?: Precision;
  readonly kernelOf?: Kernel<Conv2dPointwiseParams>;
  readonly transposed?: boolean;
  readonly mask?: boolean;
}

const cases: Record<string, Case> = {
  "1 pixel": { inputs: [1], outputs: 1, size: [1, 1] },
  "63 pixels": { inputs: [3], outputs: 5, size: [7, 9] },
  "64 pixels": { inputs: [5], outputs: 7, size: [8, 8], bias: true },
  "65 pixels": { inputs: [7], outputs: 3, size: [5, 13], bias: true },
  "3×3 with padding": pad3({ inputs: [5], outputs: 7, size: [9, 5] }),
  "3×3 without padding": {
    inputs: [5],
    outputs: 6,
    size: [6, 7],
    kernel: [3, 3],
  },
  "3×3 on one pixel": pad3({ inputs: [4], outputs: 4, size: [1, 1] }),
  "5×2 kernel": {
    inputs: [4],
    outputs: 4,
    size: [7, 6],
    kernel: [5, 2],
    padding: 1,
  },
  "7×7 stride 2": {
    inputs: [3],
    outputs: 8,
    size: [13, 10],
    kernel: [7, 7],
    stride: 2,
    padding: 3,
  },
  "stride 3": pad3({ inputs: [4], outputs: 4, size: [11, 8], stride: 3 }),
  "dilation 2": {
    inputs: [4],
    outputs: 8,
    size: [6, 9],
    kernel: [3, 3],
    padding: 2,
    dilation: 2,
  },
  "dilation larger than the picture": {
    inputs: [4],
    outputs: 4,
    size: [3, 2],
    kernel: [3, 3],
    padding: 4,
    dilation: 4,
  },
  "batch 2": pad3({
    batch: 2,
    inputs: [6],
    outputs: 10,
    size: [5, 4],
    bias: true,
  }),
  "2 groups": pad3({ inputs: [8], outputs: 16, size: [5, 4], groups: 2 }),
  "4 groups of 4, batch 2": pad3({
    batch: 2,
    inputs: [16],
    outputs: 16,
    size: [4, 5],
    groups: 4,
    stride: 2,
  }),
  "2 inputs": pad3({ inputs: [4, 3], outputs: 8, size: [6, 5], bias: true }),
  "4 inputs, batch 2": {
    batch: 2,
    inputs: [4, 8, 12, 5],
    outputs: 9,
    size: [5, 3],
    bias: true,
  },
  "residual": { inputs: [6], outputs: 6, size: [5, 5], residual: true },
  "residual and relu": pad3({
    batch: 2,
    inputs: [4],
    outputs: 5,
    size: [5, 5],
    residual: true,
    relu: true,
    bias: true,
  }),
  "relu, then affine": {
    inputs: [4],
    outputs: 7,
    size: [5, 5],
    relu: true,
    affine: true,
    bias: true,
  },
  "everything": pad3({
    batch: 2,
    inputs: [8, 5],
    outputs: 11,
    size: [7, 9],
    stride: 2,
    bias: true,
    residual: true,
    relu: true,
    affine: true,
  }),
  "many outputs": { inputs: [12], outputs: 40, size: [9, 8], bias: true },
  "more outputs than a workgroup": { inputs: [4], outputs: 72, size: [3, 3] },
};

/** A shape that no tiling divides evenly: 6 blocks of outputs, 35 pixels. */
const ragged: Case = pad3({
  inputs: [9],
  outputs: 24,
  size: [5, 7],
  bias: true,
});
const tilings: Omit<Conv2dTiling, "literal">[] = [
  { lanes: 8, rows: 8, pixels: 4, outputs: 2, broadcast: false },
  { lanes: 8, rows: 2, pixels: 8, outputs: 1, broadcast: false },
  { lanes: 16, rows: 4, pixels: 1, outputs: 3, broadcast: false },
  { lanes: 64, rows: 1, pixels: 1, outputs: 1, broadcast: false },
  { lanes: 4, rows: 6, pixels: 3, outputs: 1, broadcast: false },
  { lanes: 1, rows: 1, pixels: 5, outputs: 6, broadcast: false },
];

for (const [name, test] of Object.entries(cases)) {
  for (const literal of [false, true]) {
    const where = literal ? "in the source" : "in a uniform";
    Deno.test(`conv2d() matches the CPU reference, its shape ${where}: ${name}`, () =>
      check({ ...test, tiling: { ...test.tiling, literal } }));
  }
  Deno.test(`conv2d() matches the CPU reference in f16: ${name}`, () =>
    check({ ...test, precision: "f16" }));
}

for (const tiling of tilings) {
  const { lanes, rows, pixels, outputs } = tiling;
  const what =
    `${lanes} lanes, ${rows} rows, ${pixels} pixels, ${outputs} outputs`;
  Deno.test(`conv2d() does not depend on its tiling: ${what}`, () =>
    check({ ...ragged, tiling }));
  Deno.test({
    name:
      `conv2d() does not depend on its tiling: a subgroup of lanes, ${rows} rows, ${pixels} pixels, ${outputs} outputs`,
    ignore: gpu.subgroupSize === 0,
    fn: () =>
      check({
        ...ragged,
        tiling: { ...tiling, lanes: gpu.subgroupSize, broadcast: true },
      }),
  });
}

Deno.test({
  name:
    "conv2d() matches the CPU reference where a subgroup shares weights, in f16 and with groups and inputs",
  ignore: gpu.subgroupSize === 0,
  async fn() {
    const tiling = { lanes: gpu.subgroupSize, broadcast: true };
    await check({ ...ragged, tiling, precision: "f16" });
    await check({ ...cases["4 groups of 4, batch 2"], tiling });
    await check({ ...cases.everything, tiling });
  },
});

Deno.test("chooseTiling() keeps the threads of any shape within groups", () => {
  for (const groups of [1, 2, 32]) {
    for (const outputs of [4, 8, 12, 16, 20, 64]) {
      for (const subgroupSize of [0, 8, 32]) {
        const tiling = chooseTiling({
          ...paramsOf({
            inputs: [4 * groups],
            outputs: outputs * groups,
            size: [9, 9],
            groups,
          }),
        }, { subgroupSize });
        assertEquals((outputs / 4) % tiling.outputs, 0);
        assertEquals(tiling.broadcast, subgroupSize === tiling.lanes);
      }
    }
  }
});

/** Cases of `conv2dPointwise` with 30 pixels, which fill no tile. */
const pointwise: Record<string, Case> = {
  "ragged": { inputs: [9], outputs: 24, size: [5, 6], bias: true },
  "2 pixels": { inputs: [3], outputs: 5, size: [1, 2] },
  "several inputs, batch 2": {
    batch: 2,
    inputs: [4, 8, 5],
    outputs: 40,
    size: [5, 6],
  },
  "groups": { inputs: [24], outputs: 48, size: [5, 6], groups: 3, batch: 2 },
  "everything": {
    batch: 2,
    inputs: [8, 5],
    outputs: 27,
    size: [5, 6],
    bias: true,
    residual: true,
    relu: true,
    affine: true,
  },
  "transposed": { inputs: [9], outputs: 24, size: [5, 6], transposed: true },
  "transposed groups": {
    inputs: [24],
    outputs: 48,
    size: [5, 6],
    groups: 3,
    batch: 2,
    transposed: true,
  },
  "transposed, masked": {
    batch: 2,
    inputs: [40],
    outputs: 27,
    size: [5, 6],
    residual: true,
    transposed: true,
    mask: true,
  },
};

for (const [name, test] of Object.entries(pointwise)) {
  for (const precision of ["f32", "f16"] as const) {
    for (const subgroupSize of new Set([0, gpu.subgroupSize])) {
      const who = subgroupSize ? "a subgroup" : "one thread";
      Deno.test(`conv2dPointwise() matches the CPU reference in ${precision}, weights for ${who}: ${name}`, async () => {
        const tiling = chooseTiling(paramsOf(test), { subgroupSize });
        const kernelOf = conv2dPointwise;
        await check({ ...test, precision, kernelOf, tiling });
        await check({
          ...test,
          precision,
          kernelOf,
          tiling: { ...tiling, rows: 2, pixels: 8 },
        });
      });
    }
  }
}

function pad3(test: Case): Case {
  return { ...test, kernel: [3, 3], padding: 1 };
}

function paramsOf(test: Case) {
  const { stride = 1, padding = 0, dilation = 1, kernel = [1, 1] } = test;
  const size = (axis: 0 | 1) =>
    Math.floor(
      (test.size[axis] + 2 * padding - dilation * (kernel[axis] - 1) - 1) /
        stride,
    ) + 1;
  return {
    batch: test.batch ?? 1,
    inputChannels: test.inputs,
    outputChannels: test.outputs,
    groups: test.groups ?? 1,
    inputSize: test.size,
    outputSize: [size(0), size(1)] as const,
    kernel,
    stride,
    padding,
    dilation,
    bias: test.bias ?? false,
    residual: test.residual ?? false,
    relu: test.relu ?? false,
    affine: test.affine ?? false,
  };
}

async function check(test: Case): Promise<void> {
  const { precision = "f32" } = test;
  const kernelOf: Kernel<Conv2dPointwiseParams> = test.kernelOf ?? conv2d;
  const params = paramsOf(test);
  const { batch, inputChannels, outputChannels, groups } = params;
  const tiling = {
    ...chooseTiling(params, { subgroupSize: 0 }),
    ...test.tiling,
  };
  const channels = inputChannels.reduce((a, b) => a + b);
  const shape = [batch, channels, ...params.inputSize] as const;
  const outputShape = [batch, outputChannels, ...params.outputSize] as const;
  const weightShape = [
    outputChannels,
    channels / groups,
    ...params.kernel,
  ] as const;
  const random = (shape: readonly number[], key: string) =>
    randomValues(shape, key, { precision });
  const input = random(shape, "input");
  const weight = random(weightShape, "weight");
  const residual = random(outputShape, "residual");
  const mask = random(outputShape, "mask");
  const [bias, scale, shift] = ["bias", "scale", "shift"].map((key) =>
    randomValues([outputChannels], key)
  );

  const buffers: Record<string, ArrayBuffer> = {
    weight: packConvWeight(
      test.transposed ? transpose(weight, weightShape, groups) : weight,
      test.transposed
        ? {
          outputs: channels,
          inputs: outputChannels / groups,
          kernel: params.kernel,
        }
        : {
          outputs: outputChannels,
          inputs: channels / groups,
          kernel: params.kernel,
        },
      precision,
    ),
    output: new ArrayBuffer(packedBytes(outputShape, precision)),
  };
  if (params.bias) buffers.bias = packVector(bias);
  if (params.residual) {
    buffers.residual = packTensor(residual, outputShape, precision);
  }
  if (params.affine) buffers.affine = packAffine(scale, shift);
  if (test.mask) buffers.mask = packTensor(mask, outputShape, precision);
  splitChannels(input, shape, inputChannels).forEach((part, i) => {
    const partShape = [batch, inputChannels[i], ...params.inputSize] as const;
    buffers[`input${i}`] = packTensor(part, partShape, precision);
  });
  const program = kernelOf.program({
    ...params,
    transposed: test.transposed,
    mask: test.mask,
    tiling,
  }, precision);
  const bytes = await runProgram(gpu, program, { buffers });

  const pixels = params.outputSize[0] * params.outputSize[1];
  const expected = reference({
    ...params,
    input,
    shape,
    weight,
    weightShape,
    bias: params.bias ? bias : undefined,
  })
    .map((value, i) => {
      const channel = Math.floor(i / pixels) % outputChannels;
      if (params.residual) value += residual[i];
      if (test.mask && mask[i] <= 0) value = 0;
      if (params.relu) value = Math.max(value, 0);
      return params.affine ? value * scale[channel] + shift[channel] : value;
    });
  assertClose(unpackTensor(bytes, outputShape, precision), expected, {
    tolerance: kernelTolerance[precision],
  });
}

/** The weight of the convolution from output to input, for that of a 1×1 convolution. */
function transpose(
  values: Float32Array,
  [outputs, groupInputs]: readonly number[],
  groups: number,
): Float32Array {
  const groupOutputs = outputs / groups;
  return values.map((_, i) => {
    const input = Math.floor(i / groupOutputs);
    const output = Math.floor(input / groupInputs) * groupOutputs +
      i % groupOutputs;
    return values[output * groupInputs + input % groupInputs];
  });
}

function splitChannels(
  values: Float32Array,
  [batch, channels, height, width]: readonly [number, number, number, number],
  counts: readonly number[],
): Float32Array[] {
  const pixels = height * width;
  let start = 0;
  return counts.map((count) => {
    const part = new Float32Array(batch * count * pixels);
    for (let n = 0; n < batch; n++) {
      const from = (n * channels + start) * pixels;
      part.set(
        values.subarray(from, from + count * pixels),
        n * count * pixels,
      );
    }
    start += count;
    return part;
  });
}
