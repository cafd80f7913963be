import type { BatchNormNode } from "../../graph/layers/batch_norm.ts";
import { batchMoments } from "../../kernels/batch_moments.ts";
import { batchNorm } from "../../kernels/batch_norm.ts";
import { batchNormDataGradient } from "../../kernels/batch_norm_data_gradient.ts";
import { batchNormParameters } from "../../kernels/batch_norm_parameters.ts";
import { batchNormStatistics } from "../../kernels/batch_norm_statistics.ts";
import { batchNormSums } from "../../kernels/batch_norm_sums.ts";
import { blocksOf } from "../../kernels/conv2d.ts";
import type { Gradients } from "./gradients.ts";
import { type Forward, newTensor, type Recording } from "./record_forward.ts";
import type { Operand, Value } from "./tape.ts";

/** What a batch norm's backward pass reads of its forward pass. */
export interface BatchStatistics {
  /** Mean and inverse deviation of each channel. */
  readonly statistics: Value;
  /** The scale and shift that were applied. */
  readonly affine: Value;
}

/** Records a batch norm by the batch's statistics, which also become part of the running ones. */
export function recordBatchNorm(
  { tape, memory, target }: Recording,
  { node, inputs: [input, residual], output }: {
    readonly node: BatchNormNode;
    readonly inputs: readonly Operand[];
    readonly output: Operand;
  },
): BatchStatistics {
  const { name, relu, epsilon, momentum } = node;
  const { weight, bias, mean, variance } = node.parameters;
  const sizes = sizesOf(node);
  const { batch, blocks } = sizes;
  const moments = { name: `${name}.moments`, bytes: batch * blocks * 32 };
  const affine = { name: `${name}.affine`, bytes: blocks * 32 };
  const statistics = { name: `${name}.statistics`, bytes: blocks * 32 };
  tape.add(
    moments.name,
    batchMoments.program(sizes, target.precision),
    { input, output: moments },
  );
  tape.add(
    statistics.name,
    batchNormStatistics.program({ ...sizes, epsilon, momentum }),
    {
      moments,
      weight: memory.parameters.range(weight.name),
      bias: memory.parameters.range(bias.name),
      affine,
      statistics,
      running_mean: memory.statistics.range(mean.name),
      running_variance: memory.statistics.range(variance.name),
    },
  );
  // What comes before moves the running statistics, and must not be run again.
  tape.begin();
  tape.add(
    name,
    batchNorm.program(
      { ...sizes, relu, residual: node.residual },
      target.precision,
    ),
    { input, affine, ...node.residual && { residual }, output },
  );
  return { statistics, affine };
}

/** Records the gradients of a batch norm's weight, bias and input. */
export function recordBatchNormBackward(
  recording: Recording,
  { node, forward, gradients }: {
    readonly node: BatchNormNode;
    readonly forward: Forward;
    readonly gradients: Gradients;
  },
): void {
  const { tape, memory, target: { precision } } = recording;
  const { weight, bias } = node.parameters;
  const name = `${node.name}.gradient`;
  const sizes = sizesOf(node);
  const { batch, blocks } = sizes;
  // What was added has the same gradient, so the ReLU's mask is taken once for both.
  const { gradient, relu } = node.residual
    ? { gradient: gradients.of(node), relu: false }
    : gradients.unmasked(node);
  if (node.residual) gradients.add(node.inputs[1], gradient);
  const { statistics, affine } = forward.statistics.get(node)!;
  const input = forward.tensors.get(node.inputs[0])!;
  const sums = { name: `${name}.sums`, bytes: batch * blocks * 32 };
  const coefficients = { name: `${name}.slope`, bytes: blocks * 64 };
  tape.add(
    sums.name,
    batchNormSums.program({ ...sizes, relu }, precision),
    {
      grad_output: gradient,
      input,
      statistics,
      ...relu && { affine },
      output: sums,
    },
  );
  tape.add(
    coefficients.name,
    batchNormParameters.program({ ...sizes, accumulate: false }),
    {
      sums,
      weight: memory.parameters.range(weight.name),
      statistics,
      grad_weight: memory.gradients.range(weight.name),
      grad_bias: memory.gradients.range(bias.name),
      coefficients,
    },
  );
  if (!gradients.wants(node.inputs[0])) return;
  const share = gradients.share(node.inputs[0]);
  const output = newTensor(recording, node, name);
  const program = batchNormDataGradient.program({
    ...sizes,
    relu,
    inputRelu: share.mask !== undefined,
    residual: share.sum !== undefined,
  }, precision);
  tape.add(name, program, {
    grad_output: gradient,
    input,
    coefficients,
    ...relu && { affine },
    ...share.sum && { residual: share.sum },
    output,
  });
  gradients.add(node.inputs[0], output, share);
}

function sizesOf({ shape: [batch, channels, height, width] }: BatchNormNode) {
  return { batch, blocks: blocksOf(channels), pixels: height * width };
}
