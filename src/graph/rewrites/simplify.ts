import { isNonNegative } from "../op.ts";
import { relu, reluOp } from "../ops/activation.ts";
import { concatOp } from "../ops/concat.ts";
import { dropout2dOp } from "../ops/dropout2d.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/** Removes dropout, which does nothing in inference. */
export const removeDropout: RewriteRule = (node) =>
  dropout2dOp.is(node) ? node.inputs[0] : node;

/** Moves a ReLU after a concat to the concat's inputs, and removes it from non-negative ones. */
export const liftRelu: RewriteRule = (node, { uses }) => {
  const [input] = node.inputs;
  if (!reluOp.is(node)) return node;
  if (isNonNegative(input)) return input;
  if (!concatOp.is(input) || uses(0) > 1) return node;
  return {
    ...input,
    inputs: input.inputs.map((part) => isNonNegative(part) ? part : relu(part)),
  };
};
