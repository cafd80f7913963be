import { Conv2dLayout } from "../../graph/conv2d_layout.ts";
import {
  type Convolution,
  convolutionFlops,
  geometryOf,
} from "../../graph/convolution.ts";
import {
  type ConvolutionNode,
  convolutionOf,
  isConvolution,
} from "../../graph/fused/fused_conv2d.ts";
import { padsWithZeros } from "../../graph/op.ts";
import { reluOp } from "../../graph/ops/activation.ts";
import { pixelShuffleOp } from "../../graph/ops/pixel_shuffle.ts";
import { type Tensor, weightNormOf } from "../../graph/tensor.ts";
import { subsample } from "../../kernels/backward/data_gradient.ts";
import { maskGroups } from "../../kernels/backward/layers.ts";
import { channelSums, sumPartials } from "../../kernels/backward/norm.ts";
import { blocksOf } from "../../kernels/conv/conv2d.ts";
import { elementCount } from "../../weights/tensor_data.ts";
import { type Fill, icnr, kaimingNormal, normal, uniform } from "../fill.ts";
import { vectorSlot, weightSlot } from "../step/parameter_slots.ts";
import { type Recording, recordLowered } from "../step/recording.ts";
import type { Operand } from "../step/tape.ts";
import {
  inputOf,
  recordDataGradient,
  withoutStride,
} from "./conv2d_data_gradient.ts";
import { recordWeightProducts } from "./conv2d_weight_products.ts";
import { recordWinogradWeight, takesWinograd } from "./conv2d_winograd.ts";
import type { TrainingOp } from "./training_op.ts";
import {
  recordWeightNorm,
  recordWeightNormBackward,
  weightNormFills,
} from "./weight_norm.ts";

/** Convolutions, with a fused ReLU. The forward pass keeps the weight in the kernels' layout. */
export const conv2d: TrainingOp<ConvolutionNode, Operand> = {
  is: isConvolution,
  slots(layer) {
    const { weight, groups, epilogue: { bias } } = convolutionOf(layer);
    const norm = weightNormOf(weight);
    const layout = new Conv2dLayout({ weight, groups });
    return {
      trained: [
        weightSlot(norm?.v ?? weight, layout),
        ...norm ? [vectorSlot(norm.g)] : [],
        ...bias ? [vectorSlot(bias)] : [],
      ],
      statistics: [],
    };
  },
  initialize(layer, nodes) {
    const { weight, epilogue: { bias } } = convolutionOf(layer);
    const norm = weightNormOf(weight);
    const fill = weightFill(layer, nodes);
    const fills: [string, Fill][] = norm
      ? weightNormFills(norm, fill)
      : [[weight.name, fill]];
    if (bias) {
      const fanIn = elementCount(weight.shape.slice(1));
      const isRelu = readersOf(layer, nodes).some(reluOp.is);
      fills.push([bias.name, isRelu ? normal(0.01) : uniform(1, fanIn)]);
    }
    return fills;
  },
  forward({ recording, node, layer, tensors }) {
    const { weight } = convolutionOf(layer);
    const norm = weightNormOf(weight);
    const operand = norm
      ? recordWeightNorm(recording, norm, weight.name)
      : recording.memory.stored.range(weight.name);
    recording.tape.begin();
    const weights = new Map([[weight, operand]]);
    recordLowered(recording, node, { tensors, weights });
    return operand;
  },
  backward({ recording, node, layer, tensors, gradients, kept: weight }) {
    const convolution = convolutionOf(layer);
    const [{ tensor }] = convolution.sources;
    const gradient = gradients.of(node);
    const input = tensors.get(tensor)!;
    recordBias(recording, convolution, gradient);
    recordWeight(recording, convolution, { gradient, input });
    if (gradients.wants(tensor)) {
      const operands = { gradient, weight, gradients };
      recordDataGradient(recording, convolution, operands);
    }
  },
};

/** Initial values of a weight, which depend on the layers after the convolution. */
function weightFill(
  layer: ConvolutionNode,
  nodes: readonly Tensor[],
): Fill {
  const readers = readersOf(layer, nodes);
  const shuffle = nodes.filter(pixelShuffleOp.is).find(({ inputs: [input] }) =>
    input === layer || readers.includes(input)
  );
  if (shuffle) return icnr(shuffle.factor);
  return convolutionOf(layer).epilogue.bias
    ? uniform(readers.some(reluOp.is) ? 6 : 1)
    : kaimingNormal("out");
}

function readersOf(layer: Tensor, nodes: readonly Tensor[]): Tensor[] {
  return nodes.filter(({ inputs }) => inputs.includes(layer));
}

function recordBias(
  { tape, memory, target }: Recording,
  { shape, epilogue: { bias } }: Convolution,
  gradient: Operand,
): void {
  if (!bias) return;
  const [batch, channels, height, width] = shape;
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
  recording: Recording,
  convolution: Convolution,
  { gradient, input }: { readonly gradient: Operand; readonly input: Operand },
): void {
  const { tape, memory, target } = recording;
  const { weight, groups, sources: [{ tensor }] } = convolution;
  const name = `${weight.name}.gradient`;
  const norm = weightNormOf(weight);
  const learned = memory.gradients.range((norm?.v ?? weight).name);
  const output: Operand = norm ? { name, bytes: learned.size } : learned;
  const full = geometryOf(convolution);
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
      flops: convolutionFlops(convolution),
    });
  }
  const layout = new Conv2dLayout(convolution);
  if (layout.dense || !padsWithZeros(tensor)) {
    const params = { shape: layout.stored, groups };
    tape.add(`${name}.mask`, maskGroups.program(params), { gradient: output });
  }
  if (norm) {
    recordWeightNormBackward(recording, norm, { name, gradient: output });
  }
}
