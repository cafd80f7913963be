import type { Dropout2dNode, Tensor } from "../tensor.ts";

/** Sets whole channels to zero at random in training, PyTorch's `nn.Dropout2d`; in inference it is the identity. */
export function dropout2d(
  input: Tensor,
  { probability }: { readonly probability: number },
): Dropout2dNode {
  return {
    op: "dropout2d",
    name: `${input.name}.dropout2d`,
    inputs: [input],
    shape: input.shape,
    parameters: {},
    probability,
  };
}
