import { cannot } from "../../errors/cannot.ts";
import {
  type Convolution,
  convolutionConstants,
  convolutionFlops,
} from "../convolution.ts";
import { lowerConv2d } from "../lower_conv2d.ts";
import { defineOp, type OnnxForm } from "../op.ts";
import {
  checkIntegers,
  formatShape,
  type Parameter,
  type Tensor,
} from "../tensor.ts";

/**
 * Options for {@linkcode conv2d}.
 *
 * @category Layer types
 */
export interface Conv2dOptions {
  /** The layer's name; its parameters are `name.weight` and `name.bias`. */
  readonly name: string;
  /** Output channels. */
  readonly channels: number;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Step between outputs. Default: 1. */
  readonly stride?: number;
  /** Zeros added on each side of the input. Default: 0. */
  readonly padding?: number;
  /** Step between the kernel's taps. Default: 1. */
  readonly dilation?: number;
  /** Groups of channels that are convolved separately. Default: 1. */
  readonly groups?: number;
  /** Whether a bias is added. Default: true. */
  readonly bias?: boolean;
  /** Whether the weight is `weight_g * weight_v / ‖weight_v‖` (Salimans, Kingma 2016, arXiv 1602.07868). */
  readonly weightNorm?: boolean;
}

/**
 * A convolution in a graph. Its parameters are `weight`, and `bias` if there is one.
 *
 * @category Layer types
 */
export interface Conv2dNode extends Tensor {
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Step between outputs. */
  readonly stride: number;
  /** Zeros added on each side of the input. */
  readonly padding: number;
  /** Step between the kernel's taps. */
  readonly dilation: number;
  /** Groups of channels that are convolved separately. */
  readonly groups: number;
}

/** Two-dimensional convolution. */
export const conv2dOp = defineOp<Conv2dNode>({
  name: "conv2d",
  lower: (node, target) => lowerConv2d(plainConvolution(node), target),
  constants: (node, precision) =>
    convolutionConstants(plainConvolution(node), precision),
  flops: (node) => convolutionFlops(plainConvolution(node)),
  onnx: (node) => [onnxConv(plainConvolution(node))],
  padsWithZeros: () => true,
});

/** The convolution of a layer, with nothing fused. */
export function plainConvolution(node: Conv2dNode): Convolution {
  const { parameters: { weight, bias }, inputs: [tensor] } = node;
  return {
    ...node,
    weight,
    sources: [{ tensor }],
    epilogue: { bias, relu: false, shuffle: false },
  };
}

/** A convolution and its bias as an ONNX operator. */
export function onnxConv(
  { kernel, stride, padding, dilation, groups, weight, epilogue: { bias } }:
    Convolution,
): OnnxForm {
  return {
    operator: "Conv",
    constants: bias ? [weight, bias] : [weight],
    attributes: {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      dilations: [dilation, dilation],
      pads: new Array(4).fill(padding),
      group: groups,
    },
  };
}

/**
 * Two-dimensional convolution, PyTorch's `nn.Conv2d`: input N×C×H×W, weight O×(C/groups)×k×k.
 *
 * @example
 * ```ts
 * import { buildGraph, conv2d } from "@tilewise/tilewise/graph";
 *
 * const graph = buildGraph({ x: [1, 4, 8, 8] }, ({ x }) => ({ y: conv2d(x, { name: "conv", channels: 16, kernel: 3, stride: 2, padding: 1 }) }));
 * console.assert(graph.outputs.y.shape.join("×") === "1×16×4×4");
 * ```
 *
 * @throws {RangeError} If an option is invalid or does not fit the input.
 *
 * @category Layers
 */
export function conv2d(input: Tensor, options: Conv2dOptions): Conv2dNode {
  const { name, channels, kernel } = options;
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } =
    options;
  const [batch, inputChannels, height, width] = input.shape;
  const positive = { channels, kernel, stride, dilation, groups };
  checkIntegers(`conv2d "${name}"`, positive, { least: 1 });
  checkIntegers(`conv2d "${name}"`, { padding }, { least: 0 });
  if (inputChannels % groups !== 0 || channels % groups !== 0) {
    throw cannot(
      `build conv2d "${name}"`,
      `${groups} groups must divide both the ${inputChannels} input channels and the ${channels} output channels`,
      { kind: RangeError },
    );
  }
  const span = dilation * (kernel - 1) + 1;
  if (height + 2 * padding < span || width + 2 * padding < span) {
    const shape = formatShape(input.shape);
    throw cannot(
      `build conv2d "${name}"`,
      `a kernel of ${kernel} with dilation ${dilation} does not fit the input ${shape} with padding ${padding}`,
      { kind: RangeError },
    );
  }
  const shape = [channels, inputChannels / groups, kernel, kernel];
  const weight: Parameter = options.weightNorm
    ? weightNorm(name, shape)
    : { name: `${name}.weight`, shape };
  return conv2dOp.node({
    name,
    inputs: [input],
    shape: [
      batch,
      channels,
      Math.floor((height + 2 * padding - span) / stride) + 1,
      Math.floor((width + 2 * padding - span) / stride) + 1,
    ],
    parameters: bias
      ? { weight, bias: { name: `${name}.bias`, shape: [channels] } }
      : { weight },
    kernel,
    stride,
    padding,
    dilation,
    groups,
  });
}

/** The weight `g * v / ‖v‖`, from `name.weight_g` and `name.weight_v`. */
function weightNorm(name: string, shape: readonly number[]): Parameter {
  const lengths = shape.map((size, i) => i === 0 ? size : 1);
  return {
    name: `${name}.weight`,
    shape,
    derived: {
      rule: "weight_norm",
      v: { name: `${name}.weight_v`, shape },
      g: { name: `${name}.weight_g`, shape: lengths },
    },
  };
}
