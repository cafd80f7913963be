import {
  convolutionOf,
  fusedConv2d,
  isConvolution,
} from "../fused/fused_conv2d.ts";
import { unfused } from "../fused/fused_node.ts";
import { affineOf, batchNormOp } from "../ops/batch_norm.ts";
import { concatOp } from "../ops/concat.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * Lets a convolution read the parts of a concat, so that the concat is never computed. All parts but the last must be
 * multiples of four channels, and the parts must not exceed `maxInputs`.
 */
export function inlineConcat(
  { maxInputs }: { readonly maxInputs: number },
): RewriteRule {
  return (node) => {
    if (!isConvolution(node) || node.groups > 1) return node;
    const convolution = convolutionOf(node);
    const [{ tensor }, ...others] = convolution.sources;
    const { inputs } = tensor;
    const fits = concatOp.is(tensor) && others.length === 0 &&
      inputs.length <= maxInputs &&
      inputs.slice(0, -1).every(({ shape }) => shape[1] % 4 === 0);
    return fits
      ? fusedConv2d({
        ...convolution,
        sources: inputs.map((tensor) => ({ tensor })),
      })
      : node;
  };
}

/**
 * Fuses a batch norm with ReLU into the loads of the 3×3 convolution after it, unless something else reads it, so that the
 * normalized copy of a decoder's skip is never computed. The padding stays zero, because it comes after the ReLU.
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
