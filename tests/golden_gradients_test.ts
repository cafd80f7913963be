import type { Program } from "../src/gpu/program.ts";
import type { Shape } from "../src/graph/tensor.ts";
import type { Conv2dGeometry } from "../src/kernels/backward/data_gradient.ts";
import {
  activationBackward,
  globalMaxPoolBackward,
  maxPool2dBackward,
  maxPool2dWinners,
  pixelShuffleBackward,
  resizeBilinearBackward,
} from "../src/kernels/backward/layers.ts";
import { weightNormBackward } from "../src/kernels/backward/norm.ts";
import { bceWithLogits, lossWorkgroups, mean } from "../src/kernels/loss.ts";
import { weightNorm } from "../src/kernels/norm.ts";
import {
  packConvWeight,
  packedBytes,
  packTensor,
  packVector,
  unpackConvWeight,
  unpackTensor,
} from "../src/kernels/pack.ts";
import type { Precision } from "../src/kernels/wgsl/specialize.ts";
import { oneCycle } from "../src/train/one_cycle.ts";
import { assertClose } from "./helpers/assert_close.ts";
import { readGolden, readGoldenJson } from "./helpers/golden.ts";
import { runAdam } from "./helpers/run_adam.ts";
import { runBackward } from "./helpers/run_backward.ts";
import { runBatchNorm } from "./helpers/run_batch_norm.ts";
import { runConv2dGradients } from "./helpers/run_conv2d_gradients.ts";
import { runProgram } from "./helpers/run_program.ts";
import { gpu } from "./helpers/shared_gpu.ts";
import { assert, assertEquals } from "@std/assert";

interface Case {
  readonly op: string;
  readonly name: string;
  readonly tensors: readonly string[];
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
  readonly eps: number;
  readonly momentum: number;
  readonly kernel: number;
  readonly factor: number;
}

interface AdamCase extends Case {
  readonly max_lr: number;
  readonly pct_start: number;
  readonly div_factor: number;
  readonly final_div_factor: number;
  readonly epochs: number;
  readonly steps_per_epoch: number;
  readonly weight_decay: number;
  readonly clip_norm: number;
}

/** As in golden_ops_test.ts. Gradients in f16 are stored once more on their way, and gradients of weights are not. */
const TOLERANCE = { f32: 1e-5, f16: 2e-3 } as const;

const cases = readGoldenJson<Case[]>("ops")
  .filter(({ tensors }) => tensors.some((name) => name.startsWith("grad_")));
const golden = readGolden("ops");

/** A gradient of each operand by its name in the golden file, from the GPU. */
type Gradients = Readonly<Record<string, Float32Array>>;

/** The backward pass of each operation. */
const backward: Record<
  string,
  (test: Case, path: string, precision: Precision) => Promise<Gradients>
> = {
  async conv2d(test, path, precision) {
    const [batch, inputChannels, ...inputSize] = golden.shape(`${path}/x`);
    const [, outputChannels, ...outputSize] = golden.shape(`${path}/y`);
    const [, , ...kernel] = golden.shape(`${path}/weight`);
    const geometry = {
      ...test,
      batch,
      inputChannels,
      outputChannels,
      inputSize,
      outputSize,
      kernel,
    } as unknown as Conv2dGeometry;
    const { gradInput, gradWeight, gradBias } = await runConv2dGradients(
      gpu,
      geometry,
      {
        input: golden.values(`${path}/x`),
        weight: golden.values(`${path}/weight`),
        gradOutput: golden.values(`${path}/grad_y`),
        precision,
      },
    );
    return { grad_x: gradInput, grad_weight: gradWeight, grad_bias: gradBias };
  },
  async batch_norm({ eps, momentum }, path, precision) {
    const values = (name: string) => golden.values(`${path}/${name}`);
    const [batch, channels, height, width] = golden.shape(`${path}/x`);
    const results = await runBatchNorm(gpu, {
      input: values("x"),
      shape: [batch, channels, height, width],
      weight: values("weight"),
      bias: values("bias"),
      runningMean: values("running_mean"),
      runningVariance: values("running_var"),
      gradOutput: values("grad_y"),
      epsilon: eps,
      momentum,
      precision,
    });
    return {
      y: results.y,
      new_running_mean: results.runningMean,
      new_running_var: results.runningVariance,
      grad_x: results.gradInput,
      grad_weight: results.gradWeight,
      grad_bias: results.gradBias,
    };
  },
};

/** The kernel of the backward pass of each layer without parameters. */
const kernels: Record<
  string,
  (test: Case, operands: PlainOperands, precision: Precision) => Program
> = {
  max_pool2d: (test, operands, precision) =>
    maxPool2dBackward.program({ ...test, ...operands }, precision),
  global_max_pool: (_, { planes, inputSize: [height, width] }, precision) =>
    globalMaxPoolBackward.program(
      { planes, pixels: height * width },
      precision,
    ),
  upsample_bilinear: (_, operands, precision) =>
    resizeBilinearBackward.program(operands, precision),
  pixel_shuffle: ({ factor }, operands, precision) =>
    pixelShuffleBackward.program({ ...operands, factor }, precision),
  relu: (_, { planes, inputSize: [height, width] }, precision) =>
    activationBackward.program(
      { planes, pixels: height * width, function: "relu" },
      precision,
    ),
  sigmoid: (_, { planes, inputSize: [height, width] }, precision) =>
    activationBackward.program(
      { planes, pixels: height * width, function: "sigmoid" },
      precision,
    ),
};

interface PlainOperands {
  readonly batch: number;
  readonly inputChannels: number;
  readonly planes: number;
  readonly inputSize: readonly [number, number];
  readonly outputSize: readonly [number, number];
}

for (const [op, programOf] of Object.entries(kernels)) {
  backward[op] = async (test, path, precision) => {
    const shapeOf = (name: string): [number, number, number, number] => {
      const shape = golden.shape(`${path}/${name}`);
      // Sigmoid's case is a vector.
      return shape.length === 4
        ? shape as unknown as [number, number, number, number]
        : [1, 1, 1, shape[0]];
    };
    const [batch, inputChannels, ...inputSize] = shapeOf("x");
    const [, , ...outputSize] = shapeOf("y");
    const planes = batch * Math.ceil(inputChannels / 4);
    const operands = { batch, inputChannels, planes, inputSize, outputSize };
    const grad_x = await runBackward(
      gpu,
      programOf(test, operands, precision),
      {
        input: { shape: shapeOf("x"), values: golden.values(`${path}/x`) },
        output: { shape: shapeOf("y"), values: golden.values(`${path}/y`) },
        gradient: golden.values(`${path}/grad_y`),
        ...op === "max_pool2d" && {
          winners: maxPool2dWinners.program(
            { ...test, ...operands },
            precision,
          ),
        },
        precision,
      },
    );
    return { grad_x };
  };
}

/** A loss has no gradient of its own before it. */
backward.bce_with_logits = async (_, path, precision) => {
  const shape = golden.shape(`${path}/logits`) as unknown as Shape;
  const count = shape.reduce((a, b) => a * b);
  const program = bceWithLogits.program({ count }, precision);
  const partial = lossWorkgroups({ count });
  const buffers = {
    logits: packTensor(golden.values(`${path}/logits`), shape, precision),
    target_mask: Float32Array.from(golden.values(`${path}/target`)).buffer,
    control: Float32Array.of(LOSS_SCALE).buffer,
    weight: Float32Array.of(1, 0, 0, 0).buffer,
    gradient: new ArrayBuffer(packedBytes(shape, precision)),
    partial: new ArrayBuffer(partial * 4),
  };
  const [gradient, sums] = [
    await runProgram(gpu, program, { buffers, read: "gradient" }),
    await runProgram(gpu, program, { buffers, read: "partial" }),
  ];
  const result = await runProgram(
    gpu,
    mean.program({ length: partial, count }),
    { buffers: { values: sums, result: new ArrayBuffer(4) }, read: "result" },
  );
  return {
    loss: new Float32Array(result),
    grad_logits: unpackTensor(gradient, shape, precision)
      .map((value) => value / LOSS_SCALE),
  };
};

/** Loss scale, as in training: otherwise the gradients of a mean are too small for 16 bits. */
const LOSS_SCALE = 65536;

backward.weight_norm = async (_, path) => {
  const [outputs, inputs] = golden.shape(`${path}/v`);
  const shape = { outputs, inputs, kernel: [1, 1] as const };
  const pack = (name: string) =>
    packConvWeight(golden.values(`${path}/${name}`), shape, "f32");
  const blocks = Math.ceil(outputs / 4);
  const v = pack("v");
  const g = packVector(golden.values(`${path}/g`));
  const params = { blocks, vectors: v.byteLength / 16 / blocks };
  const run = (read: string, gradient: ArrayBuffer | undefined) =>
    gradient
      ? runProgram(gpu, weightNormBackward.program(params), {
        buffers: {
          v,
          g,
          gradient,
          grad_v: new ArrayBuffer(v.byteLength),
          grad_g: new ArrayBuffer(g.byteLength),
        },
        read,
      })
      : runProgram(gpu, weightNorm.program(params), {
        buffers: { v, g, weight: new ArrayBuffer(v.byteLength) },
        read,
      });
  const unpack = (bytes: ArrayBuffer) =>
    unpackConvWeight(new Float32Array(bytes), shape);
  const weight = unpack(await run("weight", undefined));
  assertClose(weight, golden.values(`${path}/weight`), { tolerance: 1e-6 });
  const gradG = await run("grad_g", pack("grad_weight"));
  return {
    grad_v: unpack(await run("grad_v", pack("grad_weight"))),
    grad_g: new Float32Array(gradG, 0, outputs),
  };
};

/** What else than gradients comes of a training pass alone. */
const ALSO = ["new_running_mean", "new_running_var", "loss"];

/** Whether a gradient is an operand: that of the result. */
function isGiven({ op }: Case, name: string): boolean {
  return name === (op === "weight_norm" ? "grad_weight" : "grad_y");
}

/** Layers with weights that are checked in f16, too. */
const F16 = [
  "dense1x1s2",
  "dense3x3",
  "grouped32_4_s2",
  "grouped4_d2",
  "train",
];

for (const test of cases) {
  const path = `${test.op}/${test.name}`;
  const run = backward[test.op];
  if (!run) continue;
  for (const precision of ["f32", "f16"] as const) {
    // One layer of each kind will do: compiling takes the time.
    const common = !test.tensors.includes("weight") || F16.includes(test.name);
    if (precision === "f16" && !common) continue;
    // Two of its values are equal when rounded, and PyTorch's are not.
    if (path === "global_max_pool/8x7" && precision === "f16") continue;
    Deno.test(`the gradients of ${path} equal PyTorch's in ${precision}`, async () => {
      const gradients = await run(test, path, precision);
      const wanted = test.tensors.filter((name) =>
        (name.startsWith("grad_") && !isGiven(test, name)) ||
        ALSO.includes(name)
      );
      assert(wanted.length > 0);
      for (const name of wanted) {
        assertClose(gradients[name], golden.values(`${path}/${name}`), {
          tolerance: TOLERANCE[precision],
          name,
        });
      }
    });
  }
}

Deno.test("40 updates of adam_one_cycle equal PyTorch's", async () => {
  const path = "adam_one_cycle/40_steps";
  const test = readGoldenJson<AdamCase[]>("ops")
    .find(({ op }) => op === "adam_one_cycle")!;
  const gradients = golden.values(`${path}/gradients`);
  const weights = golden.values(`${path}/w`);
  const size = golden.values(`${path}/w0`).length;
  const schedule = oneCycle({
    steps: test.epochs * test.steps_per_epoch,
    maxLearningRate: test.max_lr,
    percentStart: test.pct_start,
    divFactor: test.div_factor,
    finalDivFactor: test.final_div_factor,
  });
  const updates = Array.from({ length: 40 }, (_, i) => ({
    gradients: gradients.slice(i * size, (i + 1) * size),
    options: {
      ...schedule(i),
      weightDecay: test.weight_decay,
      maxNorm: test.clip_norm,
    },
  }));
  const results = await runAdam(gpu, updates, {
    start: golden.values(`${path}/w0`),
  });
  assertEquals(results.length, 40);
  const norms = golden.values(`${path}/grad_norm`);
  results.forEach(({ values, control: { norm } }, i) => {
    assertClose([norm], [norms[i]], { tolerance: 1e-6, name: `norm ${i}` });
    assertClose(values, weights.subarray(i * size, (i + 1) * size), {
      tolerance: 1e-6,
      name: `weights after ${i}`,
    });
  });
});

Deno.test("these tests know every operation of ops.json that has gradients", () => {
  const ops = new Set(cases.map(({ op }) => op));
  ops.delete("adam_one_cycle");
  assertEquals([...ops].toSorted(), Object.keys(backward).toSorted());
});
