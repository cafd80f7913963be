import { addOp } from "../../graph/ops/add.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { TrainingOp } from "./training_op.ts";

/** Both terms of a sum get its gradient. */
export const add: TrainingOp<Tensor> = {
  is: addOp.is,
  backward({ node, layer, gradients }) {
    const gradient = gradients.of(node);
    for (const term of layer.inputs) gradients.add(term, gradient);
  },
};
