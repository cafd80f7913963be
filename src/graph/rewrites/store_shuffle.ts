import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * A convolution stores its result shuffled, where a pixel shuffle by 2 follows it alone: threads that hold sixteen channels
 * hold four channels of four pixels.
 */
export const storeShuffle: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (
    node.op !== "pixel_shuffle" || node.factor !== 2 || uses(0) > 1 ||
    input.op !== "conv2d" || input.groups > 1 || input.residual ||
    input.parameters.scale || input.shape[1] % 16 !== 0
  ) return node;
  return { ...input, shape: node.shape, shuffle: true };
};
