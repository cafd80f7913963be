import { Conv2dLayout } from "../../graph/conv2d_layout.ts";
import { choosePairs } from "../../graph/conv2d_variant.ts";
import { flopsOf } from "../../graph/flops_of.ts";
import type { Conv2dNode } from "../../graph/layers/conv2d.ts";
import { conv2dGeometry } from "../../graph/lower_conv2d.ts";
import { channelSums } from "../../kernels/channel_sums.ts";
import { blocksOf } from "../../kernels/conv2d.ts";
import {
  chooseDataGradientTiling,
  conv2dDataGradient,
  transposedProblem,
} from "../../kernels/conv2d_data_gradient.ts";
import { conv2dPointwise } from "../../kernels/conv2d_pointwise.ts";
import { maskGroups } from "../../kernels/mask_groups.ts";
import { sumPartials } from "../../kernels/sum_partials.ts";
import { weightNormBackward } from "../../kernels/weight_norm_backward.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Gradients } from "./gradients.ts";
import {
  type Forward,
  newTensor,
  type Recording,
  weightVectors,
} from "./record_forward.ts";
import { recordWeightProducts } from "./record_weight_products.ts";
import {
  recordWinogradInput,
  recordWinogradWeight,
  takesWinograd,
} from "./record_winograd.ts";
import type { Operand } from "./tape.ts";

/** Records the gradients of a convolution's weight, bias and input. */
export function recordConv2dBackward(
  recording: Recording,
  { node, forward, gradients }: {
    readonly node: Conv2dNode;
    readonly forward: Forward;
    readonly gradients: Gradients;
  },
): void {
  const gradient = gradients.of(node);
  const input = forward.tensors.get(node.inputs[0])!;
  recordBias(recording, node, gradient);
  recordWeight(recording, node, { gradient, input });
  if (gradients.wants(node.inputs[0])) {
    const weight = forward.weights.get(node)!;
    recordInput(recording, node, { gradient, weight, gradients });
  }
}

function recordBias(
  { tape, memory, target }: Recording,
  node: Conv2dNode,
  gradient: Operand,
): void {
  const { bias } = node.parameters;
  if (!bias) return;
  const [batch, channels, height, width] = node.shape;
  const blocks = blocksOf(channels);
  const planes = batch * blocks;
  const name = `${bias.name}.gradient`;
  const sums = { name, bytes: planes * 16 };
  tape.add(
    name,
    channelSums.program({ planes, pixels: height * width }, target.precision),
    { input: gradient, output: sums },
  );
  tape.add(
    name,
    sumPartials.program({
      partials: batch,
      vectors: blocks,
      accumulate: false,
    }),
    { partial: sums, output: memory.gradients.range(bias.name) },
  );
}

function recordWeight(
  { tape, memory, target }: Recording,
  node: Conv2dNode,
  { gradient, input }: { readonly gradient: Operand; readonly input: Operand },
): void {
  const { weight } = node.parameters;
  const name = `${weight.name}.gradient`;
  const [v, g] = weight.derived?.sources ?? [weight];
  const { size } = memory.gradients.range(v.name);
  const output: Operand = g
    ? { name, bytes: size }
    : memory.gradients.range(v.name);
  const geometry = conv2dGeometry(node);
  if (takesWinograd(geometry)) {
    recordWinogradWeight(
      { tape, target, name, geometry, gradient },
      { input, output },
    );
  } else {
    recordWeightProducts({ tape, target }, {
      name,
      geometry,
      gradient,
      input,
      output,
      accumulate: false,
      flops: flopsOf(node),
    });
  }
  const layout = new Conv2dLayout(node);
  if (layout.dense || !padsWithZeros(node.inputs[0])) {
    const params = { shape: layout.stored, groups: node.groups };
    tape.add(`${name}.mask`, maskGroups.program(params), { gradient: output });
  }
  if (g) {
    const ranges = [v, g].map(({ name }) => memory.parameters.range(name));
    tape.add(
      `${name}.norm`,
      weightNormBackward.program(weightVectors(ranges[0], ranges[1])),
      {
        v: ranges[0],
        g: ranges[1],
        gradient: output,
        grad_v: memory.gradients.range(v.name),
        grad_g: memory.gradients.range(g.name),
      },
    );
  }
}

/** Whether channels past the last are zero, where they are not zeros of the weight's own making. */
function padsWithZeros(tensor: Tensor): boolean {
  switch (tensor.op) {
    case "input":
    case "conv2d":
    case "batch_norm":
    case "concat":
    case "pixel_shuffle":
      return true;
    case "sigmoid":
      return tensor.shape[1] % 4 === 0;
    default:
      return tensor.inputs.every(padsWithZeros);
  }
}

function recordInput(
  recording: Recording,
  node: Conv2dNode,
  { gradient, weight, gradients }: {
    readonly gradient: Operand;
    readonly weight: Operand;
    readonly gradients: Gradients;
  },
): void {
  const { tape, target } = recording;
  const [input] = node.inputs;
  const share = gradients.share(input);
  const geometry = conv2dGeometry(node);
  const output = newTensor(recording, input, `${node.name}.data_gradient`);
  const { sum: residual, mask } = share;
  if (takesWinograd(geometry)) {
    recordWinogradInput(
      { tape, target, name: output.name, geometry, gradient },
      { weight, residual, mask, output },
    );
  } else {
    const added = {
      residual: residual !== undefined,
      mask: mask !== undefined,
    };
    const operands = {
      weight,
      ...residual && { residual },
      ...mask && { mask },
      output,
    };
    const flops = flopsOf(node);
    const problem = transposedProblem(geometry);
    const pairs = choosePairs(problem, target);
    // The other kernel takes the pixels of all images together, which serves small planes better.
    if (pairs && pairs.pixels === 8) {
      const program = conv2dPointwise.program({
        ...problem,
        ...added,
        transposed: true,
        tiling: pairs,
      }, target.precision);
      tape.add(output.name, program, { input0: gradient, ...operands }, {
        flops,
      });
    } else {
      const program = conv2dDataGradient.program({
        ...geometry,
        ...added,
        tiling: chooseDataGradientTiling(geometry, target),
      }, target.precision);
      tape.add(output.name, program, { grad_output: gradient, ...operands }, {
        flops,
      });
    }
  }
  gradients.add(input, output, share);
}
