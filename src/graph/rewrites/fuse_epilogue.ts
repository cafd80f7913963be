import { affineParameters } from "../affine_parameters.ts";
import type { Conv2dNode } from "../layers/conv2d.ts";
import type { RewriteRule } from "../rewrite_graph.ts";
import type { AddNode, ResizeBilinearNode, Tensor } from "../tensor.ts";

/** What follows a convolution alone goes into it: a sum, a ReLU, and a batch norm after the ReLU; a ReLU into a batch norm or sum. */
export const fuseEpilogue: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  switch (node.op) {
    case "relu": {
      const takesRelu = input.op === "add" || input.op === "batch_norm" ||
        (input.op === "conv2d" && !input.parameters.scale);
      return takesRelu && uses(0) === 1 ? { ...input, relu: true } : node;
    }
    case "add":
      return fuseSum(node, uses);
    case "batch_norm": {
      if (
        node.relu || uses(0) > 1 || input.op !== "conv2d" ||
        input.parameters.scale
      ) return node;
      const { scale, shift } = affineParameters(node);
      return { ...input, parameters: { ...input.parameters, scale, shift } };
    }
    default:
      return node;
  }
};

function fuseSum(node: AddNode, uses: (input: number) => number): Tensor {
  if (node.relu) return node;
  const takesSum = (
    input: Tensor,
  ): input is Conv2dNode | ResizeBilinearNode =>
    (input.op === "resize_bilinear" && !input.residual) ||
    (input.op === "conv2d" && !input.relu && !input.residual &&
      !input.parameters.scale);
  for (const [i, input] of node.inputs.entries()) {
    const other = node.inputs[1 - i];
    if (takesSum(input) && uses(i) === 1 && other !== input) {
      return { ...input, inputs: [...input.inputs, other], residual: true };
    }
  }
  return node;
}
