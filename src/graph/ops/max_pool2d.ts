import {
  maxPool2d as kernel,
  type MaxPool2dParams,
} from "../../kernels/pool.ts";
import { defineOp, isNonNegative } from "../op.ts";
import { formatShape, planesOf, sizeOf, type Tensor } from "../tensor.ts";
import { checkIntegers } from "./check_integers.ts";

/** How {@linkcode maxPool2d} pools. */
export interface MaxPool2dOptions {
  /** Side of the square window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
  /** Pixels around the input that never win, at most half the window. Default: 0. */
  readonly padding?: number;
}

/** Maximum over windows. */
export interface MaxPool2dNode extends Tensor {
  /** Side of the window. */
  readonly kernel: number;
  /** Step between windows. */
  readonly stride: number;
  /** Pixels around the input that never win. */
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

/** The sizes and steps as kernels see them. */
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
 * @throws {RangeError} where the window does not fit.
 */
export function maxPool2d(
  input: Tensor,
  { kernel, stride, padding = 0 }: MaxPool2dOptions,
): MaxPool2dNode {
  const [batch, channels, height, width] = input.shape;
  const name = `${input.name}.max_pool2d`;
  checkIntegers(`max_pool2d "${name}"`, { kernel, stride }, { least: 1 });
  checkIntegers(`max_pool2d "${name}"`, { padding }, { least: 0 });
  if (
    padding * 2 > kernel || Math.min(height, width) + 2 * padding < kernel
  ) {
    throw new RangeError(
      `Cannot build max_pool2d "${name}" as the window must fit the padded input, and the padding half the window: ` +
        `received kernel ${kernel}, padding ${padding}, input ${
          formatShape(input.shape)
        }`,
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
