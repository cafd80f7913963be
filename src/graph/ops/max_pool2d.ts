import { cannot } from "../../errors/cannot.ts";
import {
  maxPool2d as kernel,
  type MaxPool2dParams,
} from "../../kernels/pool.ts";
import { defineOp, isNonNegative } from "../op.ts";
import {
  checkIntegers,
  formatShape,
  planesOf,
  sizeOf,
  type Tensor,
} from "../tensor.ts";

/**
 * Options for {@linkcode maxPool2d}.
 *
 * @category Layer types
 */
export interface MaxPool2dOptions {
  /** Side of the square window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
  /** Padding on each side of the input, which never is the maximum; at most half the window. Default: 0. */
  readonly padding?: number;
}

/**
 * Maximum over windows.
 *
 * @category Layer types
 */
export interface MaxPool2dNode extends Tensor {
  /** Side of the window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
  /** Padding on each side of the input, which never is the maximum. */
  readonly padding: number;
}

/** Maximum over windows. */
export const maxPool2dOp = defineOp<MaxPool2dNode>({
  name: "max_pool2d",
  lower(node, { precision }) {
    const [input] = node.inputs;
    const program = kernel.program(maxPool2dParams(node), precision);
    return [{ program, tensors: { input } }];
  },
  onnx: ({ kernel, stride, padding }) => [{
    operator: "MaxPool",
    attributes: {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: new Array(4).fill(padding),
    },
  }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
});

/** The parameters of the kernel. */
export function maxPool2dParams(node: MaxPool2dNode): MaxPool2dParams {
  const { kernel, stride, padding, inputs: [input] } = node;
  return {
    planes: planesOf(node).planes,
    inputSize: sizeOf(input),
    outputSize: sizeOf(node),
    kernel,
    stride,
    padding,
  };
}

/**
 * Maximum over square windows, PyTorch's `nn.MaxPool2d`.
 *
 * @example
 * ```ts
 * import { buildGraph, maxPool2d } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => ({ y: maxPool2d(x, { kernel: 2, stride: 2 }) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×4×4×4");
 * ```
 *
 * @throws {RangeError} If an option is invalid or does not fit the input.
 *
 * @category Layers
 */
export function maxPool2d(
  input: Tensor,
  { kernel, stride, padding = 0 }: MaxPool2dOptions,
): MaxPool2dNode {
  const [batch, channels, height, width] = input.shape;
  const name = `${input.name}.max_pool2d`;
  checkIntegers(`max_pool2d "${name}"`, { kernel, stride }, { least: 1 });
  checkIntegers(`max_pool2d "${name}"`, { padding }, { least: 0 });
  if (padding * 2 > kernel) {
    throw cannot(
      `build max_pool2d "${name}"`,
      `padding must be at most half the kernel of ${kernel}`,
      { received: padding, kind: RangeError },
    );
  }
  if (Math.min(height, width) + 2 * padding < kernel) {
    const shape = formatShape(input.shape);
    throw cannot(
      `build max_pool2d "${name}"`,
      `a kernel of ${kernel} does not fit the input ${shape} with padding ${padding}`,
      { kind: RangeError },
    );
  }
  const size = (length: number) =>
    Math.floor((length + 2 * padding - kernel) / stride) + 1;
  return maxPool2dOp.node({
    inputs: [input],
    shape: [batch, channels, size(height), size(width)],
    kernel,
    stride,
    padding,
  });
}
