import {
  convolutionOf,
  fusedConv2d,
  isConvolution,
} from "../fused/fused_conv2d.ts";
import { concatOp } from "../ops/concat.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * A convolution reads the parts of a concat itself, so that the concat is never made. All parts but the last must fill
 * their blocks of four channels, and the parts must be few enough for an adapter's bindings.
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
