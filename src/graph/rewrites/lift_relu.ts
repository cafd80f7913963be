import { relu } from "../layers/relu.ts";
import type { RewriteRule } from "../rewrite_graph.ts";
import type { Tensor } from "../tensor.ts";

/** A ReLU after a concat moves to the concat's inputs, and vanishes where they cannot be negative. */
export const liftRelu: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (node.op !== "relu") return node;
  if (isNonNegative(input)) return input;
  if (input.op !== "concat" || uses(0) > 1) return node;
  return {
    ...input,
    inputs: input.inputs.map((part) => isNonNegative(part) ? part : relu(part)),
  };
};

/** Whether a tensor cannot be below zero, as far as its layers tell. */
function isNonNegative(node: Tensor): boolean {
  switch (node.op) {
    case "relu":
    case "sigmoid":
      return true;
    case "conv2d":
      return node.relu && !node.parameters.scale;
    case "resize_bilinear":
      return !node.residual && isNonNegative(node.inputs[0]);
    case "pixel_shuffle":
    case "max_pool2d":
    case "global_max_pool":
      return isNonNegative(node.inputs[0]);
    default:
      return false;
  }
}
