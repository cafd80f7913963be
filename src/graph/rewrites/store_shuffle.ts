import {
  convolutionOf,
  fusedConv2d,
  isConvolution,
} from "../fused/fused_conv2d.ts";
import { pixelShuffleOp } from "../ops/pixel_shuffle.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * A convolution stores its result shuffled, where a pixel shuffle by 2 follows it alone: threads that hold sixteen channels
 * hold four channels of four pixels.
 */
export const storeShuffle: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (
    !pixelShuffleOp.is(node) || node.factor !== 2 || uses(0) > 1 ||
    !isConvolution(input) || input.groups > 1 || input.shape[1] % 16 !== 0
  ) return node;
  const convolution = convolutionOf(input);
  const { epilogue } = convolution;
  return epilogue.residual || epilogue.norm || epilogue.shuffle
    ? node
    : fusedConv2d({
      ...convolution,
      shape: node.shape,
      epilogue: { ...epilogue, shuffle: true },
    });
};
