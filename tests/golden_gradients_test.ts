import { assert } from "@std/assert";
import type { Conv2dGeometry } from "../src/kernels/conv2d_data_gradient.ts";
import type { Precision } from "../src/kernels/specialize.ts";
import { assertClose } from "./assert_close.ts";
import { readGolden, readGoldenJson } from "./golden.ts";
import { runBatchNorm } from "./run_batch_norm.ts";
import { runConv2dGradients } from "./run_conv2d_gradients.ts";
import { gpu } from "./shared_gpu.ts";

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

/** What else than gradients comes of a training pass alone. */
const ALSO = ["new_running_mean", "new_running_var"];

for (const test of cases) {
  const path = `${test.op}/${test.name}`;
  const run = backward[test.op];
  if (!run) continue;
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`the gradients of ${path} equal PyTorch's in ${precision}`, async () => {
      const gradients = await run(test, path, precision);
      const wanted = test.tensors.filter((name) =>
        (name.startsWith("grad_") && name !== "grad_y") || ALSO.includes(name)
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
