import { dropout2dOp } from "../ops/dropout2d.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/** Dropout does nothing in inference. */
export const removeDropout: RewriteRule = (node) =>
  dropout2dOp.is(node) ? node.inputs[0] : node;
