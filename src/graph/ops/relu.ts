import type { Tensor } from "../tensor.ts";
import { defineActivation, plainActivation } from "./activation.ts";

/** ReLU. */
export const reluOp = defineActivation({
  name: "relu",
  onnx: () => [{ operator: "Relu" }],
  nonNegative: () => true,
});

/** The function alone. */
export const reluActivation = plainActivation("relu");

/** `max(x, 0)`. */
export function relu(input: Tensor): Tensor {
  return reluOp.node({
    inputs: [input],
    shape: input.shape,
    activation: reluActivation,
  });
}
