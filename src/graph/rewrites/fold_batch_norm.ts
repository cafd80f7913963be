import { affineParameters } from "../affine_parameters.ts";
import type { Parameter } from "../parameter.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/** A batch norm right after a convolution that nothing else reads becomes part of the convolution's weight and bias. */
export const foldBatchNorm: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (
    node.op !== "batch_norm" || node.relu || input.op !== "conv2d" ||
    uses(0) > 1 || input.relu || input.residual || input.parameters.scale
  ) return node;
  const { weight, bias } = input.parameters;
  const { scale, shift } = affineParameters(node);
  const foldedWeight: Parameter = {
    name: `${input.name}.weight+${node.name}`,
    shape: weight.shape,
    derived: {
      sources: [weight, scale],
      compute(w, s) {
        const size = w.length / s.length;
        return w.map((value, i) => value * s[Math.floor(i / size)]);
      },
    },
  };
  const foldedBias: Parameter = {
    name: `${input.name}.bias+${node.name}`,
    shape: shift.shape,
    derived: bias
      ? {
        sources: [bias, scale, shift],
        compute: (b, s, t) => b.map((value, i) => value * s[i] + t[i]),
      }
      : { sources: [shift], compute: (t) => t },
  };
  return {
    ...input,
    parameters: { weight: foldedWeight, bias: foldedBias },
  };
};
