import { depthwise as kernel } from "../../kernels/conv/depthwise.ts";
import { packTensor } from "../../kernels/pack.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import { epilogueConstants, problemOf } from "../convolution.ts";
import { wgslOfValue } from "../formula.ts";
import { type Constant, defineOp } from "../op.ts";
import { type Conv2dNode, conv2dOp, plainConvolution } from "../ops/conv2d.ts";
import type { RewriteRule } from "../rewrite_graph.ts";
import type { Parameter, Tensor } from "../tensor.ts";

/** A convolution of each channel alone: products of four channels at a time, without the zeros of a full weight. */
const depthwiseOp = defineOp<Conv2dNode>({
  name: "depthwise_conv2d",
  fuses: ["residual", "relu", "formula"],
  lower(node, { precision }, { residual, relu, formula }) {
    const { inputs: [input], parameters: { weight } } = node;
    const convolution = plainConvolution(node);
    const program = kernel.program({
      ...problemOf(convolution),
      kernel: [node.kernel, node.kernel],
      padding: node.padding,
      residual: residual !== undefined,
      relu,
      ...(formula !== undefined && { formula: wgslOfValue(formula) }),
    }, precision);
    const tensors: Record<string, Tensor> = residual
      ? { input, residual }
      : { input };
    return [{
      program,
      tensors,
      constants: {
        weight: weightConstant(weight, precision),
        ...epilogueConstants(convolution),
      },
      flops: conv2dOp.flops?.(node),
    }];
  },
  constants: (node, precision) => [
    weightConstant(node.parameters.weight, precision),
    ...Object.values(epilogueConstants(plainConvolution(node))),
  ],
  flops: (node) => conv2dOp.flops?.(node) ?? 0,
  onnx: (node) => conv2dOp.onnx(node),
  padsWithZeros: () => true,
});

/** The weight in blocks of four channels. */
function weightConstant(weight: Parameter, precision: Precision): Constant {
  const [channels, , height, width] = weight.shape;
  return {
    key: `depthwise ${weight.name} ${weight.shape} ${precision}`,
    parameters: [weight],
    pack: (values) =>
      packTensor(values, [1, channels, height, width], precision),
  };
}

/** Whether a layer is a convolution of each channel alone. */
export function isDepthwise(node: Tensor): boolean {
  return depthwiseOp.is(node);
}

/** Computes convolutions with as many groups as channels by their own kernel. */
export const depthwise: RewriteRule = (node) => {
  if (!conv2dOp.is(node) || node.groups === 1) return node;
  const [{ shape: [, inputs] }] = node.inputs;
  const { op: _, ...fields } = node;
  return node.groups === inputs && node.shape[1] === inputs
    ? depthwiseOp.node(fields)
    : node;
};
