import {
  convolutionOf,
  fusedConv2d,
  isConvolution,
} from "../fused/fused_conv2d.ts";
import { unfused } from "../fused/fused_node.ts";
import { affineOf, batchNormOp } from "../ops/batch_norm.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * A 3×3 convolution normalizes what it loads, where a batch norm with ReLU comes before it that nothing else reads: so the
 * normalized copy of a decoder's skip is never made. The padding stays zero, as it comes after the ReLU.
 */
export const inlineNorm: RewriteRule = (node, { uses }) => {
  if (
    !isConvolution(node) || node.kernel !== 3 || node.stride !== 1 ||
    node.dilation !== 1 || node.groups !== 1
  ) return node;
  const convolution = convolutionOf(node);
  const sources = convolution.sources.map((source, i) => {
    const { base, epilogue: { relu, residual } } = unfused(source.tensor);
    return batchNormOp.is(base) && relu && !residual && uses(i) === 1
      ? { tensor: base.inputs[0], norm: affineOf(base) }
      : source;
  });
  return sources.some(({ norm }) => norm)
    ? fusedConv2d({ ...convolution, sources })
    : node;
};
