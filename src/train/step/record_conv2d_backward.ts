import { Conv2dLayout } from "../../graph/conv2d_layout.ts";
import { flopsOf } from "../../graph/flops_of.ts";
import type { Conv2dNode } from "../../graph/layers/conv2d.ts";
import { conv2dGeometry } from "../../graph/lower_conv2d.ts";
import { channelSums } from "../../kernels/channel_sums.ts";
import { blocksOf } from "../../kernels/conv2d.ts";
import { maskGroups } from "../../kernels/mask_groups.ts";
import { subsample } from "../../kernels/subsample.ts";
import { sumPartials } from "../../kernels/sum_partials.ts";
import { weightNormBackward } from "../../kernels/weight_norm_backward.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Gradients } from "./gradients.ts";
import { recordDataGradient } from "./record_data_gradient.ts";
import {
  type Forward,
  type Recording,
  weightVectors,
} from "./record_forward.ts";
import { recordWeightProducts } from "./record_weight_products.ts";
import { recordWinogradWeight, takesWinograd } from "./record_winograd.ts";
import type { Operand } from "./tape.ts";
import { inputOf, withoutStride } from "./without_stride.ts";

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
    recordDataGradient(recording, node, { gradient, weight, gradients });
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
  const full = conv2dGeometry(node);
  const thin = withoutStride(full);
  const geometry = thin?.geometry ?? full;
  const pixels = thin
    ? inputOf(geometry, `${name}.pixels`, target.precision)
    : input;
  if (thin) {
    const program = subsample.program(thin.sampling, target.precision);
    tape.add(name, program, { input, output: pixels });
  }
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
      input: pixels,
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
