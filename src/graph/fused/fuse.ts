import type { Affine } from "../operation.ts";
import { type Epilogue, opOf } from "../op.ts";
import type { Tensor } from "../tensor.ts";
import { convolutionOf, fusedConv2d, isConvolution } from "./fused_conv2d.ts";
import { fusedNode, unfused } from "./fused_node.ts";

/** A step that a kernel may do with its results. */
export type EpilogueStep =
  | { readonly residual: Tensor }
  | { readonly relu: true }
  | { readonly norm: Affine };

/** A node whose kernel does one more step; `undefined` where it cannot, or only before what it does already. */
export function fuse(node: Tensor, step: EpilogueStep): Tensor | undefined {
  if (isConvolution(node)) {
    const convolution = convolutionOf(node);
    const { epilogue } = convolution;
    return epilogue.norm || isLate(step, epilogue)
      ? undefined
      : fusedConv2d({ ...convolution, epilogue: { ...epilogue, ...step } });
  }
  const { base, epilogue } = unfused(node);
  const { fuses = [] } = opOf(base);
  return "norm" in step || isLate(step, epilogue) ||
      !fuses.some((name) => name in step)
    ? undefined
    : fusedNode(base, { ...epilogue, ...step });
}

/** Sums come before a ReLU, and there is one. */
function isLate(step: EpilogueStep, { residual, relu }: Epilogue): boolean {
  return "residual" in step && (residual !== undefined || relu);
}

/** Whether the last that a node's kernel does is a ReLU. */
export function endsInRelu(node: Tensor): boolean {
  if (!isConvolution(node)) return unfused(node).epilogue.relu;
  const { relu, norm } = convolutionOf(node).epilogue;
  return relu && !norm;
}
