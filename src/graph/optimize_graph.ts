import type { Graph } from "./graph.ts";
import { rewriteGraph, type RewriteRule } from "./rewrite_graph.ts";
import { depthwise } from "./fused/depthwise.ts";
import { foldBatchNorm, fuseEpilogue, storeShuffle } from "./rewrites/fuse.ts";
import { fusePointwise } from "./rewrites/fuse_pointwise.ts";
import { inlineConcat, inlineNorm } from "./rewrites/inline.ts";
import { liftRelu, removeDropout } from "./rewrites/simplify.ts";
import { sinkResize } from "./rewrites/sink_resize.ts";

/** The names of the rewrites, in the order they are applied. */
export const rewriteNames: readonly RewriteName[] = [
  "removeDropout",
  "foldBatchNorm",
  "depthwise",
  "fusePointwise",
  "sinkResize",
  "liftRelu",
  "fuseEpilogue",
  "storeShuffle",
  "inlineConcat",
  "inlineNorm",
];

/**
 * A rewrite of a graph for inference, by name.
 *
 * @category Graphs
 */
export type RewriteName =
  | "removeDropout"
  | "foldBatchNorm"
  | "depthwise"
  | "fusePointwise"
  | "sinkResize"
  | "liftRelu"
  | "fuseEpilogue"
  | "storeShuffle"
  | "inlineConcat"
  | "inlineNorm";

/** How {@linkcode optimizeGraph} rewrites. */
export interface OptimizeOptions {
  /** Rewrites to skip, except `removeDropout`. Default: none. */
  readonly skip?: readonly RewriteName[];
  /** Most inputs of a convolution. Default: 3, which WebGPU's default limits allow. */
  readonly maxInputs?: number;
}

/** Rewrites a graph for inference, without changing the original. */
export function optimizeGraph<I extends string, O extends string>(
  graph: Graph<I, O>,
  { skip = [], maxInputs = 3 }: OptimizeOptions = {},
): Graph<I, O> {
  const rules: Record<RewriteName, RewriteRule> = {
    removeDropout,
    foldBatchNorm,
    depthwise,
    // It also binds parameters and output, and has to leave room for what is fused later.
    fusePointwise: fusePointwise({ maxInputs: maxInputs + 3 }),
    sinkResize,
    liftRelu,
    fuseEpilogue,
    storeShuffle,
    inlineConcat: inlineConcat({ maxInputs }),
    inlineNorm,
  };
  return rewriteNames
    .filter((name) => name === "removeDropout" || !skip.includes(name))
    .reduce((rewritten, name) => rewriteGraph(rewritten, rules[name]), graph);
}

/** Most inputs of a convolution on a device with these limits. */
export function maxInputsOf(
  { maxStorageBuffersPerShaderStage }: GPUSupportedLimits,
): number {
  // It also binds weight, bias, residual, affine and output.
  return Math.max(1, maxStorageBuffersPerShaderStage - 5);
}
