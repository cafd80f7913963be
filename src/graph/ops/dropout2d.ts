import { defineOp } from "../op.ts";
import type { Tensor } from "../tensor.ts";

/** Whole channels set to zero at random, in training only. */
export interface Dropout2dNode extends Tensor {
  /** Share of the channels. */
  readonly probability: number;
}

/** Dropout of whole channels. */
export const dropout2dOp = defineOp<Dropout2dNode>({
  name: "dropout2d",
  lower({ name }) {
    throw new TypeError(
      `Cannot lower "${name}" as dropout is for training: received an inference graph with dropout2d`,
    );
  },
  onnx: () => [],
});

/** Sets whole channels to zero at random in training, PyTorch's `nn.Dropout2d`; in inference it is the identity. */
export function dropout2d(
  input: Tensor,
  { probability }: { readonly probability: number },
): Dropout2dNode {
  const { shape } = input;
  return dropout2dOp.node({ inputs: [input], shape, probability });
}
