import { affineParameters } from "../affine_parameters.ts";
import type { Parameter } from "../parameter.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * A 3×3 convolution normalises what it loads, where a batch norm with ReLU comes before it that nothing else reads: so the
 * normalised copy of a decoder's skip is never made. The padding stays zero, as it comes after the ReLU.
 */
export const inlineNorm: RewriteRule = (node, { uses }) => {
  if (
    node.op !== "conv2d" || node.kernel !== 3 || node.stride !== 1 ||
    node.dilation !== 1 || node.groups !== 1
  ) return node;
  const parameters: Record<string, Parameter> = { ...node.parameters };
  const convolved = node.residual ? node.inputs.length - 1 : node.inputs.length;
  const inputs = node.inputs.map((input, i) => {
    if (
      i >= convolved || input.op !== "batch_norm" || !input.relu || uses(i) > 1
    ) return input;
    const { scale, shift } = affineParameters(input);
    parameters[`scale${i}`] = scale;
    parameters[`shift${i}`] = shift;
    return input.inputs[0];
  });
  return { ...node, inputs, parameters };
};
