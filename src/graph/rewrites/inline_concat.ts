import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * A convolution reads the parts of a concat itself, so that the concat is never made. All parts but the last must fill
 * their blocks of four channels, and the parts must be few enough for an adapter's bindings.
 */
export function inlineConcat(
  { maxInputs }: { readonly maxInputs: number },
): RewriteRule {
  return (node) => {
    if (node.op !== "conv2d" || node.groups > 1) return node;
    const [input, ...residual] = node.inputs;
    if (input.op !== "concat" || input.inputs.length > maxInputs) return node;
    const parts = input.inputs;
    const filled = parts.slice(0, -1).every(({ shape }) => shape[1] % 4 === 0);
    return filled ? { ...node, inputs: [...parts, ...residual] } : node;
  };
}
