import { chooseTiling, conv2d } from "../kernels/conv2d.ts";
import {
  packConvWeight,
  packVector,
  ungroupWeight,
} from "../kernels/pack_weights.ts";
import type { Conv2dNode } from "./layers/conv2d.ts";
import {
  affineConstant,
  type Constant,
  type Operation,
  type Target,
} from "./lower_node.ts";

/** Chooses the kernel for a convolution. */
export function lowerConv2d(
  node: Conv2dNode,
  { precision, subgroupSize }: Target,
): Operation {
  const { weight, bias, scale, shift } = node.parameters;
  const [batch, outputChannels, ...outputSize] = node.shape;
  const parts = node.residual ? node.inputs.slice(0, -1) : node.inputs;
  const [, , ...inputSize] = parts[0].shape;
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
  const params = {
    batch,
    inputChannels: parts.map(({ shape }) => shape[1]),
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
  };
  const tiling = chooseTiling(params, { subgroupSize });
  const program = conv2d.program({ ...params, tiling }, precision);

  const constants: Record<string, Constant> = {
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
  };
  if (bias) {
    constants.bias = {
      key: `bias ${bias.name}`,
      parameters: [bias],
      pack: packVector,
    };
  }
  if (scale) constants.affine = affineConstant(scale, shift);

  const tensors = Object.fromEntries(
    parts.map((part, i) => [`input${i}`, part]),
  );
  if (node.residual) tensors.residual = node.inputs[node.inputs.length - 1];
  return { program, tensors, constants };
}
