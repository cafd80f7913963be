import { conv2d } from "../kernels/conv2d.ts";
import type { Conv2dGeometry } from "../kernels/conv2d_data_gradient.ts";
import { conv2dPatch } from "../kernels/conv2d_patch.ts";
import { packVector } from "../kernels/pack_weights.ts";
import { Conv2dLayout } from "./conv2d_layout.ts";
import { chooseVariant, type Conv2dProblem } from "./conv2d_variant.ts";
import { flopsOf } from "./flops_of.ts";
import type { Conv2dNode } from "./layers/conv2d.ts";
import {
  affineConstant,
  type Constant,
  type Operation,
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
  /** Packed weights. */
  readonly weight: Constant;
  /** Packed bias and affine, as far as there are such. */
  readonly epilogue: Readonly<Record<string, Constant>>;
  /** Floating-point operations of the layer, two a multiply-add. */
  readonly flops: number;
}

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
    return lowerWinograd(operands, { ...target, tiling: variant.tiling });
  }
  const program = variant.algorithm === "patch"
    ? conv2dPatch.program(
      { ...params, broadcast: subgroupSize === 8 },
      precision,
    )
    : conv2d.program({ ...params, tiling: variant.tiling }, precision);
  const tensors = Object.fromEntries(
    inputs.map((input, i) => [`input${i}`, input]),
  );
  return [{
    program,
    tensors: residual ? { ...tensors, residual } : tensors,
    constants: { weight, ...epilogue },
    flops,
  }];
}

/** What a convolution's node asks for. */
export function problemOf(node: Conv2dNode): Conv2dProblem {
  const { bias, scale } = node.parameters;
  return {
    ...conv2dGeometry(node),
    inputChannels: inputsOf(node).map(({ shape }) => shape[1]),
    bias: bias !== undefined,
    residual: node.residual,
    relu: node.relu,
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
    weight: {
      key: `weight ${weight.name} ${layout.groups} ${precision}`,
      parameters: [weight],
      pack: (values) => layout.pack(values, precision),
    },
    epilogue,
    flops: flopsOf(node),
  };
}

/** The sizes and steps of a convolution as its kernels see them; several inputs count as one. */
export function conv2dGeometry(node: Conv2dNode): Conv2dGeometry {
  const [batch, outputChannels, outputHeight, outputWidth] = node.shape;
  const [, , inputHeight, inputWidth] = inputsOf(node)[0].shape;
  const [, , kernelHeight, kernelWidth] = node.parameters.weight.shape;
  return {
    batch,
    inputChannels: inputsOf(node).reduce((sum, { shape }) => sum + shape[1], 0),
    outputChannels,
    groups: new Conv2dLayout(node).groups,
    inputSize: [inputHeight, inputWidth],
    outputSize: [outputHeight, outputWidth],
    kernel: [kernelHeight, kernelWidth],
    stride: node.stride,
    padding: node.padding,
    dilation: node.dilation,
  };
}
