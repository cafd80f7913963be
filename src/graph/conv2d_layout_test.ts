import { assertEquals } from "@std/assert";
import { assertClose } from "../../tests/helpers/assert_close.ts";
import { randomValues } from "../../tests/helpers/random_values.ts";
import { gpu } from "../../tests/helpers/shared_gpu.ts";
import { conv2d as reference } from "../../tests/reference/conv2d.ts";
import { packTensor, unpackTensor } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { compileGraphs } from "./compile_graphs.ts";
import type { Conv2dProblem } from "./conv2d_problem.ts";
import { variantsOf } from "./conv2d_variant.ts";
import { buildGraph } from "./graph.ts";
import { relu } from "./ops/activation.ts";
import { add } from "./ops/add.ts";
import { batchNorm } from "./ops/batch_norm.ts";
import { concat } from "./ops/concat.ts";
import { conv2d } from "./ops/conv2d.ts";
import { optimizeGraph } from "./optimize_graph.ts";
import { ParameterStore } from "./parameter_store.ts";
import type { Tensor } from "./tensor.ts";

interface Case {
  readonly batch?: number;
  readonly parts: readonly number[];
  readonly size: readonly [number, number];
  readonly channels: number;
  readonly groups?: number;
  readonly padding?: number;
  /** Followed by a sum, a ReLU and a batch norm. */
  readonly epilogue?: boolean;
  /** With a batch norm and a ReLU on the last input. */
  readonly norm?: boolean;
  readonly algorithm: "winograd" | "patch";
}

const cases: Record<string, Case> = {
  "odd channels, ragged size": {
    parts: [18],
    channels: 21,
    size: [17, 22],
    algorithm: "winograd",
  },
  "two images of three parts": {
    batch: 2,
    parts: [8, 12, 5],
    channels: 16,
    size: [13, 9],
    epilogue: true,
    algorithm: "winograd",
  },
  "a part that is normalized as it is loaded": {
    batch: 2,
    parts: [8, 11],
    channels: 16,
    size: [13, 14],
    norm: true,
    algorithm: "winograd",
  },
  "without padding": {
    parts: [16],
    channels: 16,
    size: [19, 18],
    padding: 0,
    algorithm: "winograd",
  },
  "padding 2": {
    parts: [16],
    channels: 20,
    size: [15, 16],
    padding: 2,
    epilogue: true,
    algorithm: "winograd",
  },
  "wide, for workgroup memory": {
    batch: 2,
    parts: [36, 10],
    channels: 70,
    size: [13, 10],
    epilogue: true,
    algorithm: "winograd",
  },
  "several strips": {
    parts: [16],
    channels: 256,
    size: [89, 86],
    algorithm: "winograd",
  },
  "4 channels a group": {
    batch: 2,
    parts: [16],
    channels: 16,
    groups: 4,
    size: [25, 23],
    epilogue: true,
    algorithm: "patch",
  },
  "8 channels a group, no padding": {
    parts: [24],
    channels: 36,
    groups: 3,
    size: [27, 31],
    padding: 0,
    algorithm: "patch",
  },
};

/** Relative to the largest value. In f16 storage, Winograd's transforms round twice more and add the rounded values. */
const TOLERANCE = { f32: 4e-6, f16: 6e-3 };

for (const [name, test] of Object.entries(cases)) {
  const several = name === "several strips"; // which is slow, and a single strip in f16
  for (
    const precision of several ? ["f32"] as const : ["f32", "f16"] as const
  ) {
    Deno.test(`lowerConv2d() by ${test.algorithm} matches the CPU reference in ${precision}: ${name}`, async () => {
      const { actual, kernels } = await run(test, precision);
      const strips = several ? 2 : 1;
      const expected = test.algorithm === "patch"
        ? ["conv2d_patch"]
        : Array.from({ length: strips }, () => [
          ...test.parts.map(() => "winograd_input"),
          "conv2d",
          "winograd_output",
        ]).flat();
      // The device and the size determine which kernel computes the products.
      const names = kernels.map((kernel) =>
        kernel === "conv2d_pointwise" ? "conv2d" : kernel
      );
      assertEquals(names, expected);
      assertClose(actual, expect(test, precision), {
        tolerance: TOLERANCE[precision],
      });
    });
  }
}

for (
  const name of [
    "wide, for workgroup memory",
    "two images of three parts",
    "a part that is normalized as it is loaded",
    "4 channels a group",
  ]
) {
  const test = cases[name];
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`lowerConv2d() gives the same result with every variant, in ${precision}: ${name}`, async () => {
      const variants = variantsOf(problemOf(test), gpu);
      const expected = expect(test, precision);
      for (const [i, variant] of variants.entries()) {
        if (i % 2 === 1 && !name.startsWith("wide")) continue; // there are many tilings, which the kernel's tests cover
        const { actual } = await run(test, precision, variant);
        assertClose(actual, expected, {
          tolerance: TOLERANCE[precision],
          name: JSON.stringify(variant),
        });
      }
    });
  }
}

function problemOf(
  { batch = 1, parts, channels, ...test }: Case,
): Conv2dProblem {
  const { groups = 1, padding = 1, size } = test;
  return {
    batch,
    inputChannels: parts,
    outputChannels: channels,
    groups,
    inputSize: size,
    outputSize: [size[0] + 2 * padding - 2, size[1] + 2 * padding - 2],
    kernel: [3, 3],
    stride: 1,
    padding,
    dilation: 1,
    bias: true,
    residual: test.epilogue ?? false,
    relu: test.epilogue ?? false,
    affine: test.epilogue ?? false,
  };
}

function operands(test: Case, precision: Precision) {
  const {
    batch,
    inputChannels,
    outputChannels,
    inputSize,
    groups,
    outputSize,
  } = problemOf(test);
  const channels = inputChannels.reduce((a, b) => a + b);
  const weightShape = [outputChannels, channels / groups, 3, 3] as const;
  const vector = (key: string) => randomValues([outputChannels], key);
  return {
    weightShape,
    parts: inputChannels.map((count, i) =>
      randomValues([batch, count, ...inputSize], `part${i}`, { precision })
    ),
    other: randomValues([batch, outputChannels, ...outputSize], "other", {
      precision,
    }),
    parameters: {
      "conv.weight": randomValues(weightShape, "weight", { precision }),
      "conv.bias": vector("bias"),
      "load.weight": vector("load scale"),
      "load.bias": vector("load shift"),
      "load.running_mean": vector("load mean"),
      "load.running_var": vector("load variance").map((value) => value + 1.5),
      "norm.weight": vector("scale"),
      "norm.bias": vector("shift"),
      "norm.running_mean": vector("mean"),
      "norm.running_var": vector("variance").map((value) => value + 1.5),
    } as Record<string, Float32Array>,
  };
}

async function run(
  test: Case,
  precision: Precision,
  variant?: ReturnType<typeof variantsOf>[number],
) {
  const problem = problemOf(test);
  const { batch, outputChannels, inputSize, outputSize } = problem;
  const { parts, other, parameters } = operands(test, precision);
  const shapes = {
    other: [batch, outputChannels, ...outputSize] as const,
    ...Object.fromEntries(
      test.parts.map((count, i) =>
        [`part${i}`, [batch, count, ...inputSize] as const] as const
      ),
    ),
  };
  const graph = optimizeGraph(
    buildGraph<string, "y">(shapes, (inputs) => {
      const x: Tensor[] = test.parts.map((_, i) => inputs[`part${i}`]);
      if (test.norm) x.push(relu(batchNorm(x.pop()!, { name: "load" })));
      const y = conv2d(x.length > 1 ? concat(x, { name: "parts" }) : x[0], {
        name: "conv",
        channels: outputChannels,
        kernel: 3,
        padding: problem.padding,
        groups: problem.groups,
      });
      if (!test.epilogue) return { y };
      return { y: batchNorm(relu(add(y, inputs.other)), { name: "norm" }) };
    }),
    { maxInputs: 8 },
  );
  using store = new ParameterStore(gpu, (name) => parameters[name], {
    label: "test",
  });
  using compiled = await compileGraphs(gpu, [{ graph, parameters: store }], {
    precision,
    variantOf: () => variant,
  });
  const [executable] = compiled.executables;
  const write = (name: string, values: Float32Array) => {
    const { buffer, offset } = executable.inputs[name];
    const packed = packTensor(values, shapes[name as "other"], precision);
    gpu.device.queue.writeBuffer(buffer, offset, packed);
  };
  parts.forEach((values, i) => write(`part${i}`, values));
  if (test.epilogue) write("other", other); // else its buffer is shared
  await executable.run(gpu);
  const bytes = await gpu.read(executable.outputs.y);
  return {
    actual: unpackTensor(bytes, shapes.other, precision),
    kernels: executable.steps.map(({ pipeline }) => pipeline.program.name),
  };
}

function expect(test: Case, precision: Precision): Float32Array {
  const problem = problemOf(test);
  const { batch, outputChannels, inputSize, outputSize } = problem;
  const { parts, other, parameters: p, weightShape } = operands(
    test,
    precision,
  );
  const normalize = (value: number, name: string, c: number) =>
    (value - p[`${name}.running_mean`][c]) /
      Math.sqrt(p[`${name}.running_var`][c] + 1e-5) * p[`${name}.weight`][c] +
    p[`${name}.bias`][c];
  const pixels = inputSize[0] * inputSize[1];
  const channels = test.parts.reduce((a, b) => a + b);
  const input = new Float32Array(batch * channels * pixels);
  let start = 0;
  if (test.norm) {
    const last = parts.pop()!;
    parts.push(
      last.map((value, i) =>
        Math.max(
          0,
          normalize(value, "load", Math.floor(i / pixels) % test.parts.at(-1)!),
        )
      ),
    );
  }
  parts.forEach((values, i) => {
    const length = test.parts[i] * pixels;
    for (let n = 0; n < batch; n++) {
      const part = values.subarray(n * length, (n + 1) * length);
      input.set(part, (n * channels + start) * pixels);
    }
    start += test.parts[i];
  });
  const plane = outputSize[0] * outputSize[1];
  const result = reference({
    ...problem,
    input,
    shape: [batch, channels, ...inputSize],
    weight: p["conv.weight"],
    weightShape,
    bias: p["conv.bias"],
  });
  if (!test.epilogue) return result;
  return result.map((value, i) => {
    const c = Math.floor(i / plane) % outputChannels;
    return normalize(Math.max(value + other[i], 0), "norm", c);
  });
}
