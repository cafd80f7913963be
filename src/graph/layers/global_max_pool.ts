import type { PlainNode, Tensor } from "../tensor.ts";

/** Maximum over all pixels of each channel: N×C×H×W to N×C×1×1. */
export function globalMaxPool(input: Tensor): PlainNode {
  return {
    op: "global_max_pool",
    name: `${input.name}.global_max_pool`,
    inputs: [input],
    shape: [input.shape[0], input.shape[1], 1, 1],
    parameters: {},
  };
}
