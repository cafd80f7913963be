import type { Tensor } from "../tensor.ts";
import { defineActivation, plainActivation } from "./activation.ts";

const sigmoidOp = defineActivation({
  name: "sigmoid",
  onnx: () => [{ operator: "Sigmoid" }],
  nonNegative: () => true,
  // Zeros become halves.
  padsWithZeros: ({ shape }) => shape[1] % 4 === 0,
});

/** `1 / (1 + exp(-x))`. */
export function sigmoid(input: Tensor): Tensor {
  return sigmoidOp.node({
    inputs: [input],
    shape: input.shape,
    activation: plainActivation("sigmoid"),
  });
}
