import { conv2d as reference } from "../reference/conv2d.ts";
import { randomValues } from "./random_values.ts";
import { gpu } from "./shared_gpu.ts";
import { packTensor, unpackTensor } from "../../src/kernels/pack.ts";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
import { compileGraphs } from "../../src/graph/compile_graphs.ts";
import type {
  Conv2dProblem,
  Conv2dVariant,
} from "../../src/graph/conv2d_problem.ts";
import { buildGraph } from "../../src/graph/graph.ts";
import { relu } from "../../src/graph/ops/activation.ts";
import { add } from "../../src/graph/ops/add.ts";
import { batchNorm } from "../../src/graph/ops/batch_norm.ts";
import { concat } from "../../src/graph/ops/concat.ts";
import { conv2d } from "../../src/graph/ops/conv2d.ts";
import { optimizeGraph } from "../../src/graph/optimize_graph.ts";
import { ParameterStore } from "../../src/graph/parameter_store.ts";
import type { Tensor } from "../../src/graph/tensor.ts";

/** A 3×3 convolution in a graph, with its algorithm by default. */
export interface ConvolutionCase {
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

/** Convolutions by what is special about them. */
export const cases: Record<string, ConvolutionCase> = {
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
export const TOLERANCE = { f32: 4e-6, f16: 6e-3 };

/** What the kernels are asked for. */
export function problemOf(
  { batch = 1, parts, channels, ...test }: ConvolutionCase,
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

function operands(test: ConvolutionCase, precision: Precision) {
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

/** Runs a case on the GPU: the result, and the kernels that computed it. */
export async function run(
  test: ConvolutionCase,
  precision: Precision,
  variant?: Conv2dVariant,
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

/** The result of a case by a loop on the CPU. */
export function expect(
  test: ConvolutionCase,
  precision: Precision,
): Float32Array {
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
