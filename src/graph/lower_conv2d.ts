import { conv2d } from "../kernels/conv2d.ts";
import {
  packConvWeight,
  packVector,
  ungroupWeight,
} from "../kernels/pack_weights.ts";
import { conv2dPatch } from "../kernels/conv2d_patch.ts";
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

function operandsOf(
  node: Conv2dNode,
  { precision }: Target,
): Conv2dOperands {
  const { weight, bias, scale, shift } = node.parameters;
  const [batch, outputChannels, ...outputSize] = node.shape;
  const inputs = node.residual ? node.inputs.slice(0, -1) : node.inputs;
  const [, , ...inputSize] = inputs[0].shape;
  const [, groupInputs, ...kernel] = weight.shape as [
    number,
    number,
    number,
    number,
  ];
  // Groups that do not fill blocks of four channels are computed as one, with zeros between them.
  const aligned = node.groups === 1 ||
    (groupInputs % 4 === 0 && (outputChannels / node.groups) % 4 === 0);
  const groups = aligned ? node.groups : 1;
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
    params: {
      batch,
      inputChannels: inputs.map(({ shape }) => shape[1]),
      outputChannels,
      groups,
      inputSize,
      outputSize,
      kernel,
      stride: node.stride,
      padding: node.padding,
      dilation: node.dilation,
      bias: bias !== undefined,
      residual: node.residual,
      relu: node.relu,
      affine: scale !== undefined,
    },
    inputs,
    residual: node.residual ? node.inputs.at(-1) : undefined,
    weight: {
      key: `weight ${weight.name} ${groups} ${precision}`,
      parameters: [weight],
      pack(values) {
        const shape = { outputs: outputChannels, inputs: groupInputs, kernel };
        if (aligned) return packConvWeight(values, shape, precision);
        const dense = ungroupWeight(values, shape, node.groups);
        const inputs = groupInputs * node.groups;
        return packConvWeight(dense, { ...shape, inputs }, precision);
      },
    },
    epilogue,
    flops: flopsOf(node),
  };
}
