import { fuse } from "../fused/fuse.ts";
import { isConvolution } from "../fused/fused_conv2d.ts";
import { unfused } from "../fused/fused_node.ts";
import { addOp } from "../ops/add.ts";
import { affineOf, batchNormOp } from "../ops/batch_norm.ts";
import { reluOp } from "../ops/relu.ts";
import { resizeBilinearOp } from "../ops/resize_bilinear.ts";
import type { RewriteRule } from "../rewrite_graph.ts";
import type { Tensor } from "../tensor.ts";

/** A ReLU goes into the layer before it, where nothing else reads that. */
export const fuseRelu: RewriteRule = (node, { uses }) =>
  reluOp.is(node) && uses(0) === 1
    ? fuse(node.inputs[0], { relu: true }) ?? node
    : node;

/** A sum, with its ReLU, goes into one of the layers before it that `takes` it, where nothing else reads that. */
export function fuseSum(takes: (input: Tensor) => boolean): RewriteRule {
  return (node, { uses }) => {
    const { base, epilogue: { relu } } = unfused(node);
    if (!addOp.is(base)) return node;
    for (const [i, input] of base.inputs.entries()) {
      const residual = base.inputs[1 - i];
      if (uses(i) > 1 || residual === input || !takes(input)) continue;
      const sum = fuse(input, { residual });
      const result = sum && relu ? fuse(sum, { relu }) : sum;
      if (result) return result;
    }
    return node;
  };
}

/** A batch norm with running statistics goes into the convolution before it, also after a ReLU. */
const fuseNorm: RewriteRule = (node, { uses }) =>
  batchNormOp.is(node) && uses(0) === 1
    ? fuse(node.inputs[0], { norm: affineOf(node) }) ?? node
    : node;

const RULES = [
  fuseRelu,
  fuseSum((input) => isConvolution(input) || resizeBilinearOp.is(input)),
  fuseNorm,
];

/** What follows a convolution alone goes into it: a sum, a ReLU, and a batch norm after the ReLU; a ReLU into a batch norm or sum. */
export const fuseEpilogue: RewriteRule = (node, context) => {
  for (const rule of RULES) {
    const fused = rule(node, context);
    if (fused !== node) return fused;
  }
  return node;
};
