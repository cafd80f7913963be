import type { Tensor } from "../tensor.ts";
import { defineActivation } from "./activation.ts";

/** ReLU. */
export const reluOp = defineActivation({
  name: "relu",
  onnx: () => [{ operator: "Relu" }],
  nonNegative: () => true,
});

/** `max(x, 0)`. */
export function relu(input: Tensor): Tensor {
  return reluOp.node({
    inputs: [input],
    shape: input.shape,
    activation: { function: "relu" },
  });
}
