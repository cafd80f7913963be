import type { PlainNode, Tensor } from "../tensor.ts";

/** `max(x, 0)`. */
export function relu(input: Tensor): PlainNode {
  return {
    op: "relu",
    name: `${input.name}.relu`,
    inputs: [input],
    shape: input.shape,
    parameters: {},
  };
}
