import { batchNorm } from "../kernels/batch_norm.ts";
import { blocksOf, conv2d } from "../kernels/conv2d.ts";
import type { Conv2dGeometry } from "../kernels/conv2d_data_gradient.ts";
import { conv2dPointwise } from "../kernels/conv2d_pointwise.ts";
import { conv2dShared } from "../kernels/conv2d_shared.ts";
import { conv2dPatch } from "../kernels/conv2d_patch.ts";
import { packedBytes } from "../kernels/pack_tensor.ts";
import type { Precision } from "../kernels/specialize.ts";
import { packVector } from "../kernels/pack_weights.ts";
import { Conv2dLayout } from "./conv2d_layout.ts";
import { croppedWeight, cropTaps } from "./crop_taps.ts";
import { chooseVariant, type Conv2dProblem } from "./conv2d_variant.ts";
import { flopsOf } from "./flops_of.ts";
import type { Conv2dNode } from "./layers/conv2d.ts";
import {
  affineConstant,
  type Constant,
  type Operation,
  type Scratch,
  type Target,
} from "./lower_node.ts";
import { lowerWinograd } from "./lower_winograd.ts";
import type { Tensor } from "./tensor.ts";

/** A convolution taken apart: what kernels need to know of it, and what they bind. */
export interface Conv2dOperands {
  /** Its shape. */
  readonly params: Conv2dProblem;
  /** What is convolved; several count as concatenated. */
  readonly inputs: readonly Tensor[];
  /** What is added to the result. */
  readonly residual?: Tensor;
  /** Scale and shift of inputs that are normalised as they are loaded. */
  readonly norms: readonly (Constant | undefined)[];
  /** Packed weights. */
  readonly weight: Constant;
  /** Packed bias and affine, as far as there are such. */
  readonly epilogue: Readonly<Record<string, Constant>>;
  /** Floating-point operations of the layer, two a multiply-add. */
  readonly flops: number;
}

const KERNELS = {
  direct: conv2d,
  pointwise: conv2dPointwise,
  shared: conv2dShared,
};

/** The kernels for a convolution: the way that is known to be best, or a sensible one. */
export function lowerConv2d(
  node: Conv2dNode,
  target: Target,
): readonly Operation[] {
  const operands = operandsOf(node, target);
  const { params, inputs, residual, weight, epilogue, flops } = operands;
  const { precision, subgroupSize } = target;
  const variant = target.variantOf?.(params) ?? chooseVariant(params, target);
  if (variant.algorithm === "winograd") {
    return lowerWinograd(operands, { ...target, ...variant });
  }
  const program = variant.algorithm === "patch"
    ? conv2dPatch.program(
      { ...params, broadcast: subgroupSize === 8 },
      precision,
    )
    : KERNELS[variant.algorithm]
      .program({ ...params, tiling: variant.tiling }, precision);
  const normalized = normalizeInputs(operands, precision);
  const tensors: Record<string, Tensor> = {};
  const scratch: Record<string, Scratch> = {};
  inputs.forEach((input, i) => {
    const place = normalized[i]?.scratch.output;
    if (place) scratch[`input${i}`] = place;
    else tensors[`input${i}`] = input;
  });
  if (residual) tensors.residual = residual;
  const constants = {
    weight: croppedWeight(weight, {
      stored: new Conv2dLayout(node).stored,
      side: params.kernel[0],
      precision,
    }),
    ...epilogue,
  };
  return [
    ...normalized.filter((operation) => operation !== undefined),
    { program, tensors, constants, scratch, flops },
  ];
}

/** Copies of the inputs that are to be normalised, for kernels that do not do it themselves. */
function normalizeInputs(
  { inputs, norms }: Conv2dOperands,
  precision: Precision,
) {
  return inputs.map((input, i) => {
    const affine = norms[i];
    if (!affine) return undefined;
    const [batch, channels, height, width] = input.shape;
    return {
      program: batchNorm.program({
        batch,
        blocks: blocksOf(channels),
        pixels: height * width,
        relu: true,
      }, precision),
      tensors: { input },
      constants: { affine },
      scratch: { output: { size: packedBytes(input.shape, precision) } },
    };
  });
}

/** What a convolution's node asks for, without the taps that a small map has nothing for. */
export function problemOf(node: Conv2dNode): Conv2dProblem {
  const { bias, scale } = node.parameters;
  return {
    ...cropTaps(conv2dGeometry(node)),
    inputChannels: inputsOf(node).map(({ shape }) => shape[1]),
    bias: bias !== undefined,
    residual: node.residual,
    relu: node.relu,
    shuffle: node.shuffle,
    affine: scale !== undefined,
  };
}

function inputsOf({ inputs, residual }: Conv2dNode): readonly Tensor[] {
  return residual ? inputs.slice(0, -1) : inputs;
}

function operandsOf(
  node: Conv2dNode,
  { precision }: Target,
): Conv2dOperands {
  const { weight, bias, scale, shift } = node.parameters;
  const layout = new Conv2dLayout(node);
  const epilogue: Record<string, Constant> = {};
  if (bias) {
    epilogue.bias = {
      key: `bias ${bias.name}`,
      parameters: [bias],
      pack: packVector,
    };
  }
  if (scale) epilogue.affine = affineConstant(scale, shift);
  return {
    params: problemOf(node),
    inputs: inputsOf(node),
    residual: node.residual ? node.inputs.at(-1) : undefined,
    norms: inputsOf(node).map((_, i) => {
      const { [`scale${i}`]: scale, [`shift${i}`]: shift } = node.parameters;
      return scale && affineConstant(scale, shift);
    }),
    weight: {
      key:
        `weight ${weight.name} ${weight.shape} ${layout.groups} ${precision}`,
      parameters: [weight],
      pack: (values) => layout.pack(values, precision),
    },
    epilogue,
    flops: flopsOf(node),
  };
}

/** The sizes and steps of a convolution as its kernels see them; several inputs count as one. */
export function conv2dGeometry(node: Conv2dNode): Conv2dGeometry {
  const [batch, , height, width] = node.shape;
  const factor = node.shuffle ? 2 : 1;
  const [, , inputHeight, inputWidth] = inputsOf(node)[0].shape;
  const [outputChannels, , kernelHeight, kernelWidth] =
    node.parameters.weight.shape;
  return {
    batch,
    inputChannels: inputsOf(node).reduce((sum, { shape }) => sum + shape[1], 0),
    outputChannels,
    groups: new Conv2dLayout(node).groups,
    inputSize: [inputHeight, inputWidth],
    outputSize: [height / factor, width / factor],
    kernel: [kernelHeight, kernelWidth],
    stride: node.stride,
    padding: node.padding,
    dilation: node.dilation,
  };
}
