import { assert } from "@std/assert";
import type { Conv2dGeometry } from "../src/kernels/conv2d_data_gradient.ts";
import type { Precision } from "../src/kernels/specialize.ts";
import { assertClose } from "./assert_close.ts";
import { readGolden, readGoldenJson } from "./golden.ts";
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
};

for (const test of cases) {
  const path = `${test.op}/${test.name}`;
  const run = backward[test.op];
  if (!run) continue;
  for (const precision of ["f32", "f16"] as const) {
    Deno.test(`the gradients of ${path} equal PyTorch's in ${precision}`, async () => {
      const gradients = await run(test, path, precision);
      const wanted = test.tensors.filter((name) =>
        name.startsWith("grad_") && name !== "grad_y"
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
