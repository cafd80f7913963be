import { type BatchNormNode, batchNormOp } from "../../graph/ops/batch_norm.ts";
import {
  batchNormDataGradient,
  batchNormParameters,
  batchNormSums,
} from "../../kernels/backward/norm.ts";
import { blocksOf } from "../../kernels/conv/conv2d.ts";
import {
  batchMoments,
  batchNorm as kernel,
  batchNormStatistics,
} from "../../kernels/norm.ts";
import { ones } from "../fill.ts";
import { vectorSlot } from "../step/parameter_slots.ts";
import { newTensor } from "../step/recording.ts";
import type { Value } from "../step/tape.ts";
import type { BackwardPass, ForwardPass, TrainingOp } from "./training_op.ts";

/** Values of a batch norm's forward pass that its backward pass reads. */
interface BatchStatistics {
  /** Mean and inverse standard deviation of each channel. */
  readonly statistics: Value;
  /** The scale and shift that were applied. */
  readonly affine: Value;
}

/** Batch norms, with a fused sum and ReLU. */
export const batchNorm: TrainingOp<BatchNormNode, BatchStatistics> = {
  is: batchNormOp.is,
  slots({ parameters: { weight, bias, mean, variance } }) {
    return {
      trained: [weight, bias].map(vectorSlot),
      statistics: [mean, variance].map(vectorSlot),
    };
  },
  initialize: ({ parameters: { weight, variance } }) =>
    [weight, variance].map(({ name }) => [name, ones] as const),
  forward: recordForward,
  backward: recordBackward,
};

/** Records a batch norm with batch statistics, which also update the running statistics. */
function recordForward(
  { recording, layer, epilogue, tensors, output }: ForwardPass<BatchNormNode>,
): BatchStatistics {
  const { tape, memory, target } = recording;
  const { name, epsilon, momentum } = layer;
  const { weight, bias, mean, variance } = layer.parameters;
  const { relu } = epilogue;
  const input = tensors.get(layer.inputs[0])!;
  const residual = epilogue.residual && tensors.get(epilogue.residual);
  const sizes = sizesOf(layer);
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
  // The operations before this one update the running statistics, and must not be repeated.
  tape.begin();
  tape.add(
    name,
    kernel.program(
      { ...sizes, relu, residual: residual !== undefined },
      target.precision,
    ),
    { input, affine, ...residual && { residual }, output },
  );
  return { statistics, affine };
}

/** Records the gradients of a batch norm's weight, bias and input. */
function recordBackward(
  { recording, node, layer, epilogue, tensors, gradients, kept }: BackwardPass<
    BatchNormNode,
    BatchStatistics
  >,
): void {
  const { tape, memory, target: { precision } } = recording;
  const { weight, bias } = layer.parameters;
  const name = `${layer.name}.gradient`;
  const sizes = sizesOf(layer);
  const [source] = layer.inputs;
  const { batch, blocks } = sizes;
  // The residual has the same gradient, so that the ReLU's mask is applied once for both.
  const { residual } = epilogue;
  const { gradient, relu } = residual
    ? { gradient: gradients.of(node), relu: false }
    : gradients.unmasked(node);
  if (residual) gradients.add(residual, gradient);
  const { statistics, affine } = kept;
  const input = tensors.get(source)!;
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
  if (!gradients.wants(source)) return;
  const share = gradients.share(source);
  const output = newTensor(recording, layer, name);
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
  gradients.add(source, output, share);
}

function sizesOf({ shape: [batch, channels, height, width] }: BatchNormNode) {
  return { batch, blocks: blocksOf(channels), pixels: height * width };
}
