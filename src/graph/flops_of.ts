import type { Tensor } from "./tensor.ts";

/** Floating-point operations of a convolution, two a multiply-add; 0 for layers that hardly compute. */
export function flopsOf(node: Tensor): number {
  if (node.op !== "conv2d") return 0;
  const elements = node.shape.reduce((a, b) => a * b);
  const [, ...perOutput] = node.parameters.weight.shape;
  return 2 * elements * perOutput.reduce((a, b) => a * b);
}
