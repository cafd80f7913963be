import type { Gpu } from "../../src/gpu/gpu.ts";
import type { Shape } from "../../src/graph/tensor.ts";
import {
  chooseDataGradientTiling,
  conv2dDataGradient,
  type Conv2dDataGradientParams,
  type Conv2dGeometry,
} from "../../src/kernels/backward/data_gradient.ts";
import { channelSums, sumPartials } from "../../src/kernels/backward/norm.ts";
import {
  chooseWeightGradientTiling,
  conv2dPointwiseWeightGradient,
  conv2dWeightGradient,
  type WeightGradientTiling,
} from "../../src/kernels/backward/weight_gradient.ts";
import { blocksOf } from "../../src/kernels/conv/conv2d.ts";
import {
  packConvWeight,
  packedBytes,
  packTensor,
  unpackConvWeight,
  unpackTensor,
} from "../../src/kernels/pack.ts";
import type { Precision } from "../../src/kernels/wgsl/specialize.ts";
import { runProgram } from "./run_program.ts";

/** What {@linkcode runConv2dGradients} runs with. Tensors are in PyTorch's layouts. */
export interface RunConv2dGradientsOptions {
  readonly input: Float32Array;
  readonly weight: Float32Array;
  readonly gradOutput: Float32Array;
  /** Default: f32. */
  readonly precision?: Precision;
  /** Subgroup size that the kernels may use. Default: the device's. */
  readonly subgroupSize?: number;
  /** Instead of what is chosen for the shape. */
  readonly dataTiling?: Partial<Conv2dDataGradientParams["tiling"]>;
  /** Instead of what is chosen for the shape. */
  readonly weightTiling?: Partial<WeightGradientTiling>;
  /** Added to the gradient by the input. */
  readonly residual?: Float32Array;
  /** Whether the input went through a ReLU whose gradient is wanted. */
  readonly relu?: boolean;
  /** The gradient by the weight that this one is added to. */
  readonly gradWeight?: Float32Array;
}

/** Gradients of a convolution by its input, weight and bias, from the GPU. */
export async function runConv2dGradients(
  gpu: Gpu,
  geometry: Conv2dGeometry,
  options: RunConv2dGradientsOptions,
): Promise<{
  readonly gradInput: Float32Array;
  readonly gradWeight: Float32Array;
  readonly gradBias: Float32Array;
}> {
  const { batch, inputChannels, outputChannels, groups } = geometry;
  const { precision = "f32", subgroupSize = gpu.subgroupSize } = options;
  const { residual, relu = false } = options;
  const inputShape: Shape = [batch, inputChannels, ...geometry.inputSize];
  const outputShape: Shape = [batch, outputChannels, ...geometry.outputSize];
  const weightShape = {
    outputs: outputChannels,
    inputs: inputChannels / groups,
    kernel: geometry.kernel,
  };
  const input = packTensor(options.input, inputShape, precision);
  const grad = packTensor(options.gradOutput, outputShape, precision);

  const dataTiling = {
    ...chooseDataGradientTiling(geometry, { subgroupSize }),
    ...options.dataTiling,
  };
  const data = await runProgram(
    gpu,
    conv2dDataGradient.program({
      ...geometry,
      residual: residual !== undefined,
      mask: relu,
      tiling: dataTiling,
    }, precision),
    {
      buffers: {
        weight: packConvWeight(options.weight, weightShape, precision),
        grad_output: grad,
        output: new ArrayBuffer(packedBytes(inputShape, precision)),
        ...residual &&
          { residual: packTensor(residual, inputShape, precision) },
        ...relu && { mask: input },
      },
    },
  );

  const weightTiling = {
    ...chooseWeightGradientTiling(geometry, { subgroupSize }),
    ...options.weightTiling,
  };
  const { splits } = weightTiling;
  const accumulate = options.gradWeight !== undefined;
  const before = packConvWeight(
    options.gradWeight ?? new Float32Array(options.weight.length),
    weightShape,
    "f32",
  );
  let weight = await runProgram(
    gpu,
    (weightTiling.paired ? conv2dPointwiseWeightGradient : conv2dWeightGradient)
      .program(
        { ...geometry, accumulate, tiling: weightTiling },
        precision,
      ),
    {
      buffers: {
        grad_output: grad,
        input,
        output: splits === 1
          ? before
          : new ArrayBuffer(before.byteLength * splits),
      },
    },
  );
  if (splits > 1) {
    weight = await runProgram(
      gpu,
      sumPartials.program({
        partials: splits,
        vectors: before.byteLength / 16,
        accumulate,
      }),
      { buffers: { partial: weight, output: before } },
    );
  }

  const blocks = blocksOf(outputChannels);
  const [height, width] = geometry.outputSize;
  const sums = await runProgram(
    gpu,
    channelSums.program(
      { planes: batch * blocks, pixels: height * width },
      precision,
    ),
    {
      buffers: {
        input: grad,
        output: new ArrayBuffer(batch * blocks * 16),
      },
    },
  );
  const bias = await runProgram(
    gpu,
    sumPartials.program({
      partials: batch,
      vectors: blocks,
      accumulate: false,
    }),
    { buffers: { partial: sums, output: new ArrayBuffer(blocks * 16) } },
  );
  return {
    gradInput: unpackTensor(data, inputShape, precision),
    gradWeight: unpackConvWeight(new Float32Array(weight), weightShape),
    gradBias: new Float32Array(bias).subarray(0, outputChannels),
  };
}
