import { affineOf, batchNormOp } from "../ops/batch_norm.ts";
import { conv2dOp } from "../ops/conv2d.ts";
import type { Parameter } from "../parameter.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/** A batch norm right after a convolution that nothing else reads becomes part of the convolution's weight and bias. */
export const foldBatchNorm: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (
    !batchNormOp.is(node) || !conv2dOp.is(input) || uses(0) > 1
  ) return node;
  const { weight, bias } = input.parameters;
  const { scale, shift } = affineOf(node);
  const foldedWeight: Parameter = {
    name: `${input.name}.weight+${node.name}`,
    shape: weight.shape,
    derived: {
      rule: "computed",
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
        rule: "computed",
        sources: [bias, scale, shift],
        compute: (b, s, t) => b.map((value, i) => value * s[i] + t[i]),
      }
      : { rule: "computed", sources: [shift], compute: (t) => t },
  };
  return {
    ...input,
    parameters: { weight: foldedWeight, bias: foldedBias },
  };
};
