import type { PlainNode, Tensor } from "../tensor.ts";

/** `1 / (1 + exp(-x))`. */
export function sigmoid(input: Tensor): PlainNode {
  return {
    op: "sigmoid",
    name: `${input.name}.sigmoid`,
    inputs: [input],
    shape: input.shape,
    parameters: {},
  };
}
