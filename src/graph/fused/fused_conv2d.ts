import { cannot } from "../../errors/cannot.ts";
import {
  type Convolution,
  convolutionConstants,
  convolutionFlops,
} from "../convolution.ts";
import { lowerConv2d } from "../lower_conv2d.ts";
import { defineOp } from "../op.ts";
import {
  type Conv2dNode,
  conv2dOp,
  onnxConv,
  plainConvolution,
} from "../ops/conv2d.ts";
import type { Parameter, Tensor } from "../tensor.ts";

/** A convolution with the operations that rewrites fused into it. */
export interface FusedConv2dNode extends Convolution, Tensor {
  readonly name: string;
}

const fusedConv2dOp = defineOp<FusedConv2dNode>({
  name: "fused_conv2d",
  lower: lowerConv2d,
  constants: convolutionConstants,
  flops: convolutionFlops,
  onnx(node) {
    const { sources, epilogue } = node;
    const { residual, relu, formula, norm, shuffle } = epilogue;
    if (
      sources.length > 1 || sources[0].norm || residual || formula || norm ||
      shuffle
    ) {
      throw cannot(
        `export "${node.name}" to ONNX`,
        "it is a fused conv2d; export the graph as it was built",
        { kind: TypeError },
      );
    }
    return relu ? [onnxConv(node), { operator: "Relu" }] : [onnxConv(node)];
  },
  nonNegative: ({ epilogue: { relu, norm } }) => relu && !norm,
  padsWithZeros: () => true,
  withInputs(node, replace) {
    const { residual } = node.epilogue;
    return fusedConv2d({
      ...node,
      sources: node.sources
        .map((source) => ({ ...source, tensor: replace(source.tensor) })),
      epilogue: { ...node.epilogue, residual: residual && replace(residual) },
    });
  },
});

/** Creates the node of a convolution, with its inputs and parameters. */
export function fusedConv2d(
  { name, shape, kernel, stride, padding, dilation, groups, ...parts }:
    Convolution,
): FusedConv2dNode {
  const { weight, sources, epilogue } = parts;
  const { bias, residual, norm } = epilogue;
  const norms = [...sources.map(({ norm }) => norm), norm]
    .filter((norm) => norm !== undefined);
  const parameters: Parameter[] = [
    weight,
    ...bias ? [bias] : [],
    ...norms.flatMap(({ scale, shift }) => [scale, shift]),
  ];
  return fusedConv2dOp.node({
    name,
    shape,
    kernel,
    stride,
    padding,
    dilation,
    groups,
    weight,
    sources,
    epilogue,
    inputs: [
      ...sources.map(({ tensor }) => tensor),
      ...residual ? [residual] : [],
    ],
    parameters: Object.fromEntries(parameters.map((one) => [one.name, one])),
  });
}

/** A convolution, fused or not. */
export type ConvolutionNode = Conv2dNode | FusedConv2dNode;

/** Whether a node is a convolution. */
export function isConvolution(node: Tensor): node is ConvolutionNode {
  return conv2dOp.is(node) || fusedConv2dOp.is(node);
}

/** The convolution that a node computes. */
export function convolutionOf(node: ConvolutionNode): Convolution {
  return fusedConv2dOp.is(node) ? node : plainConvolution(node);
}
