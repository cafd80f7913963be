import {
  averagePool2d as kernel,
  type AveragePool2dParams,
} from "../../kernels/window.ts";
import { defineOp, isNonNegative } from "../op.ts";
import { sizeOf, type Tensor } from "../tensor.ts";

/** Options for {@linkcode averagePool2d}. */
export interface AveragePool2dOptions {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** Above, left, below, right. */
  readonly pads: readonly [number, number, number, number];
  /** Whether padding counts as zeros. */
  readonly countPadding: boolean;
  /** Whether windows that begin inside and end outside count. */
  readonly ceil: boolean;
}

interface AveragePool2dNode extends Tensor, AveragePool2dOptions {}

const averagePool2dOp = defineOp<AveragePool2dNode>({
  name: "average_pool2d",
  lower(node, { precision }) {
    const { inputs: [input], shape: [batch, channels], pads } = node;
    const [height, width] = sizeOf(input);
    const params: AveragePool2dParams = {
      batch,
      channels,
      inputSize: [height, width],
      outputSize: sizeOf(node),
      kernel: node.kernel,
      stride: node.stride,
      padding: [pads[0], pads[1]],
      padded: node.countPadding
        ? [height + pads[0] + pads[2], width + pads[1] + pads[3]]
        : undefined,
    };
    return [{ program: kernel.program(params, precision), tensors: { input } }];
  },
  onnx: ({ kernel, stride, pads, countPadding, ceil }) => [{
    operator: "AveragePool",
    attributes: {
      kernel_shape: kernel,
      strides: stride,
      pads,
      count_include_pad: Number(countPadding),
      ceil_mode: Number(ceil),
    },
  }],
  nonNegative: ({ inputs }) => inputs.every(isNonNegative),
});

/** Pixels of a pooled side; with `ceil`, a last window must begin inside the picture or its padding before it. */
export function pooledSide(
  { side, kernel, stride, before, after, ceil }: {
    readonly side: number;
    readonly kernel: number;
    readonly stride: number;
    readonly before: number;
    readonly after: number;
    readonly ceil: boolean;
  },
): number {
  const steps = (side + before + after - kernel) / stride;
  const count = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceil && (count - 1) * stride >= side + before ? count - 1 : count;
}

/** Mean over windows: PyTorch's `nn.AvgPool2d`. */
export function averagePool2d(
  input: Tensor,
  options: AveragePool2dOptions,
): Tensor {
  const { kernel, stride, pads, ceil } = options;
  const [batch, channels, ...sides] = input.shape;
  const [height, width] = sides.map((side, i) =>
    pooledSide({
      side,
      kernel: kernel[i],
      stride: stride[i],
      before: pads[i],
      after: pads[i + 2],
      ceil,
    })
  );
  return averagePool2dOp.node({
    inputs: [input],
    shape: [batch, channels, height, width],
    ...options,
  });
}
