import type { Conv2dNode } from "../layers/conv2d.ts";
import type { Parameter } from "../parameter.ts";
import type { RewriteRule } from "../rewrite_graph.ts";

/**
 * Taps around a kernel's middle that read padding alone, whatever the pixel, are left out: where a dilation reaches beyond a
 * small map, a 3×3 convolution is a 1×1.
 */
export const dropTaps: RewriteRule = (node) => {
  if (node.op !== "conv2d") return node;
  const border = emptyBorder(node);
  if (border === 0) return node;
  const { kernel, padding, dilation, parameters } = node;
  return {
    ...node,
    kernel: kernel - 2 * border,
    padding: padding - border * dilation,
    parameters: {
      ...parameters,
      weight: cropKernel(parameters.weight, border),
    },
  };
};

/** How many taps at each end, both ways, lie outside for all outputs. */
function emptyBorder(node: Conv2dNode): number {
  const { kernel, stride, padding, dilation, shape, inputs: [input] } = node;
  const isEmpty = (tap: number) =>
    [2, 3].every((axis) => {
      const first = tap * dilation - padding;
      const last = first + (shape[axis] - 1) * stride;
      return last < 0 || first >= input.shape[axis];
    });
  let border = 0;
  while (
    2 * (border + 1) < kernel && (border + 1) * dilation <= padding &&
    isEmpty(border) && isEmpty(kernel - 1 - border)
  ) border++;
  return border;
}

/** A weight without its outermost taps. */
function cropKernel(weight: Parameter, border: number): Parameter {
  const [outputs, inputs, side] = weight.shape;
  const inner = side - 2 * border;
  return {
    name: `${weight.name}-cropped`,
    shape: [outputs, inputs, inner, inner],
    derived: {
      sources: [weight],
      compute(values) {
        const result = new Float32Array(outputs * inputs * inner * inner);
        for (let row = 0; row < result.length / inner; row++) {
          const y = row % inner + border;
          const at = (Math.floor(row / inner) * side + y) * side + border;
          result.set(values.subarray(at, at + inner), row * inner);
        }
        return result;
      },
    },
  };
}
