import { cannot } from "../../errors/cannot.ts";
import { blocksOf } from "../../kernels/conv/conv2d.ts";
import { batchMoments } from "../../kernels/norm.ts";
import { groupAffine, planeAffine } from "../../kernels/pointwise.ts";
import { wgslOfValue } from "../formula.ts";
import { affineConstant, defineOp, type Operation } from "../op.ts";
import {
  type Parameter,
  perChannel,
  planesOf,
  type Tensor,
} from "../tensor.ts";

/** A group norm in a graph. */
export interface GroupNormNode extends Tensor {
  readonly groups: number;
  readonly epsilon: number;
}

/** Normalization of groups of channels. */
export const groupNormOp = defineOp<GroupNormNode>({
  name: "group_norm",
  fuses: ["relu", "formula"],
  lower(node, { precision }, { relu, formula }): readonly Operation[] {
    const { inputs: [input], shape: [batch, channels], groups } = node;
    const { pixels } = planesOf(node);
    const blocks = blocksOf(channels);
    const moments = { size: batch * blocks * 32 };
    const affine = { size: batch * blocks * 32 };
    const plane = { batch, channels, pixels };
    const { weight: scale, bias: shift } = node.parameters;
    return [
      {
        program: batchMoments.program({ batch, blocks, pixels }, precision),
        tensors: { input },
        scratch: { output: moments },
      },
      {
        program: groupAffine.program({
          ...plane,
          group: channels / groups,
          epsilon: node.epsilon,
        }, precision),
        tensors: {},
        constants: { affine: affineConstant({ scale, shift }) },
        scratch: { moments, output: affine },
      },
      {
        program: planeAffine.program({
          ...plane,
          relu,
          ...(formula !== undefined && { formula: wgslOfValue(formula) }),
        }, precision),
        tensors: { input },
        scratch: { affine },
      },
    ];
  },
  constants: ({ parameters: { weight, bias } }) => [
    affineConstant({ scale: weight, shift: bias }),
  ],
  onnx({ groups, shape, parameters: { weight, bias }, epsilon }) {
    const attributes = { epsilon: { float: epsilon } };
    if (groups === shape[1]) {
      return [{
        operator: "InstanceNormalization",
        constants: [weight, bias],
        attributes,
      }];
    }
    // As PyTorch exports it.
    const reshape = (sizes: readonly number[]) => ({
      operator: "Reshape",
      constants: [{ role: "shape", values: sizes.map(BigInt) }],
    });
    const ones = new Float32Array(groups).fill(1);
    return [
      reshape([0, groups, -1]),
      {
        operator: "InstanceNormalization",
        constants: [
          { role: "ones", values: ones },
          { role: "zeros", values: new Float32Array(groups) },
        ],
        attributes,
      },
      reshape([0, ...shape.slice(1)]),
      { operator: "Mul", constants: [perChannel(weight)] },
      { operator: "Add", constants: [perChannel(bias)] },
    ];
  },
  padsWithZeros: () => true,
});

/** Parameters and options of {@linkcode groupNorm}. */
export interface GroupNormOptions {
  readonly name: string;
  /** Groups of channels; as many as channels for an instance norm. */
  readonly groups: number;
  /** Added to the variance. */
  readonly epsilon: number;
  readonly weight: Parameter;
  readonly bias: Parameter;
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * weight + bias`, with mean and variance of each image and group of channels: PyTorch's
 * `nn.GroupNorm` and `nn.InstanceNorm2d` (Wu, He 2018; Ulyanov et al. 2016).
 *
 * @throws {RangeError} If the groups do not divide the channels.
 */
export function groupNorm(
  input: Tensor,
  { name, groups, epsilon, weight, bias }: GroupNormOptions,
): GroupNormNode {
  if (input.shape[1] % groups !== 0) {
    throw cannot(
      `build group_norm "${name}"`,
      `${groups} groups must divide the ${input.shape[1]} channels`,
      { kind: RangeError },
    );
  }
  return groupNormOp.node({
    name,
    inputs: [input],
    shape: input.shape,
    parameters: { weight, bias },
    groups,
    epsilon,
  });
}
