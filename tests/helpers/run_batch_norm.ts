import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Program } from "../../src/gpu/program.ts";
import type { Shape } from "../../src/graph/tensor.ts";
import {
  batchNormDataGradient,
  batchNormParameters,
  batchNormSums,
} from "../../src/kernels/backward/norm.ts";
import { blocksOf } from "../../src/kernels/conv/conv2d.ts";
import {
  batchMoments,
  batchNorm,
  batchNormStatistics,
} from "../../src/kernels/norm.ts";
import {
  packedBytes,
  packTensor,
  packVector,
  unpackTensor,
} from "../../src/kernels/pack.ts";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
import { runProgram } from "./run_program.ts";

/** What {@linkcode runBatchNorm} runs with. Tensors are in PyTorch's layouts. */
export interface RunBatchNormOptions {
  readonly input: Float32Array;
  readonly shape: Shape;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVariance: Float32Array;
  readonly gradOutput: Float32Array;
  readonly epsilon: number;
  readonly momentum: number;
  /** Default: f32. */
  readonly precision?: Precision;
  /** Whether a ReLU follows, as part of the batch norm. */
  readonly relu?: boolean;
  /** Whether the input went through a ReLU whose gradient is wanted. */
  readonly inputRelu?: boolean;
  /** Added to the gradient by the input. */
  readonly residual?: Float32Array;
  /** What the gradients by weight and bias are added to. */
  readonly gradWeight?: Float32Array;
}

/** A batch norm with batch statistics and its gradients, from the GPU. */
export async function runBatchNorm(
  gpu: Gpu,
  options: RunBatchNormOptions,
): Promise<Record<string, Float32Array>> {
  const { shape, precision = "f32", relu = false, residual, gradWeight } =
    options;
  const [batch, channels, height, width] = shape;
  const blocks = blocksOf(channels);
  const params = { batch, blocks, pixels: height * width };
  const run = (
    program: Program,
    buffers: Record<string, ArrayBuffer>,
    read = "output",
  ) => runProgram(gpu, program, { buffers, read });
  const zeros = (vectors: number) => new ArrayBuffer(vectors * 16);
  const tensor = () => new ArrayBuffer(packedBytes(shape, precision));
  const input = packTensor(options.input, shape, precision);
  const weight = packVector(options.weight);

  const moments = await run(batchMoments.program(params, precision), {
    input,
    output: zeros(batch * blocks * 2),
  });
  const results = (name: string) =>
    run(batchNormStatistics.program({ ...params, ...options }), {
      moments,
      weight,
      bias: packVector(options.bias),
      affine: zeros(blocks * 2),
      statistics: zeros(blocks * 2),
      running_mean: packVector(options.runningMean),
      running_variance: packVector(options.runningVariance),
    }, name);
  const affine = await results("affine");
  const statistics = await results("statistics");
  const output = await run(
    batchNorm.program({ ...params, relu }, precision),
    { input, affine, output: tensor() },
  );

  const grad = packTensor(options.gradOutput, shape, precision);
  const masked: Record<string, ArrayBuffer> = relu ? { affine } : {};
  const sums = await run(
    batchNormSums.program({ ...params, relu }, precision),
    {
      grad_output: grad,
      input,
      statistics,
      ...masked,
      output: zeros(batch * blocks * 2),
    },
  );
  const accumulate = gradWeight !== undefined;
  const before = packVector(gradWeight ?? new Float32Array(channels));
  const gradients = (name: string) =>
    run(batchNormParameters.program({ ...params, accumulate }), {
      sums,
      weight,
      statistics,
      grad_weight: before,
      grad_bias: before,
      coefficients: zeros(blocks * 4),
    }, name);
  const data = await run(
    batchNormDataGradient.program({
      ...params,
      relu,
      inputRelu: options.inputRelu ?? false,
      residual: residual !== undefined,
    }, precision),
    {
      grad_output: grad,
      input,
      coefficients: await gradients("coefficients"),
      ...masked,
      ...residual && { residual: packTensor(residual, shape, precision) },
      output: tensor(),
    },
  );
  const vector = async (bytes: Promise<ArrayBuffer>) =>
    new Float32Array(await bytes).subarray(0, channels);
  return {
    y: unpackTensor(output, shape, precision),
    runningMean: await vector(results("running_mean")),
    runningVariance: await vector(results("running_variance")),
    gradInput: unpackTensor(data, shape, precision),
    gradWeight: await vector(gradients("grad_weight")),
    gradBias: await vector(gradients("grad_bias")),
  };
}
