import { cannot } from "../../errors/cannot.ts";
import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/**
 * A layer that sets random channels to zero in training.
 *
 * @category Layer types
 */
export interface Dropout2dNode extends Tensor {
  /** Probability that a channel is set to zero. */
  readonly probability: number;
}

/** Dropout of whole channels. */
export const dropout2dOp = defineOp<Dropout2dNode>({
  name: "dropout2d",
  lower({ name }) {
    throw cannot(
      `lower "${name}"`,
      "dropout is for training only; rewrite the graph for inference first",
      { kind: TypeError },
    );
  },
  onnx: () => [],
});

/**
 * Sets random channels to zero in training, PyTorch's `nn.Dropout2d`. The identity in inference.
 *
 * @category Layers
 */
export function dropout2d(
  input: Tensor,
  { probability }: { readonly probability: number },
): Dropout2dNode {
  const { shape } = input;
  return dropout2dOp.node({ inputs: [input], shape, probability });
}
