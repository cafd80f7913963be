import {
  type ActivationNode,
  isActivation,
} from "../../graph/ops/activation.ts";
import type { TrainingOp } from "./training_op.ts";

/** Elementwise functions whose derivative follows from their result. */
export const activation: TrainingOp<ActivationNode> = {
  is: isActivation,
  backward({ node, layer, gradients }) {
    const gradient = gradients.of(node);
    const [input] = layer.inputs;
    gradients.add(
      input,
      gradients.activation(node, gradient, layer.activation),
    );
  },
};
