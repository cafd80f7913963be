import type { RewriteRule } from "../rewrite_graph.ts";

/** Dropout does nothing in inference. */
export const removeDropout: RewriteRule = (node) =>
  node.op === "dropout2d" ? node.inputs[0] : node;
