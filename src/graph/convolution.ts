import type { Conv2dGeometry } from "../kernels/backward/data_gradient.ts";
import { packVector } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { Conv2dLayout, cropTaps } from "./conv2d_layout.ts";
import type { Conv2dProblem } from "./conv2d_variant.ts";
import {
  type Affine,
  affineConstant,
  type Constant,
  type Epilogue,
} from "./op.ts";
import type { Parameter, Shape, Tensor } from "./tensor.ts";

/** What is convolved, and what is computed with it on the way in and out. */
export interface Convolution {
  /** The layer's name. */
  readonly name: string;
  /** Shape of the result. */
  readonly shape: Shape;
  /** Side of the square kernel. */
  readonly kernel: number;
  /** Step between outputs. */
  readonly stride: number;
  /** Zeros around the input. */
  readonly padding: number;
  /** Step between the kernel's taps. */
  readonly dilation: number;
  /** Groups of channels that do not see each other. */
  readonly groups: number;
  /** O×(C/groups)×k×k. */
  readonly weight: Parameter;
  /** What is convolved; several count as concatenated. */
  readonly sources: readonly ConvolutionSource[];
  /** What follows the sums. */
  readonly epilogue: ConvolutionEpilogue;
}

/** A tensor that is convolved. */
export interface ConvolutionSource {
  readonly tensor: Tensor;
  /** Applied as it is loaded, and a ReLU after it. Default: it is loaded as it is. */
  readonly norm?: Affine;
}

/** What follows a convolution's sums: bias, residual, ReLU, norm, shuffle. */
export interface ConvolutionEpilogue extends Epilogue {
  readonly bias?: Parameter;
  readonly norm?: Affine;
  /** Whether a pixel shuffle by 2 follows; the convolution's shape is then what it makes. */
  readonly shuffle: boolean;
}

/** Floating-point operations, two a multiply-add. */
export function convolutionFlops({ shape, weight }: Convolution): number {
  const elements = shape.reduce((a, b) => a * b);
  return 2 * elements * weight.shape.slice(1).reduce((a, b) => a * b);
}

/** The sizes and steps as kernels see them; several inputs count as one. */
export function geometryOf(convolution: Convolution): Conv2dGeometry {
  const { shape, sources, weight, epilogue } = convolution;
  const [batch, , height, width] = shape;
  const factor = epilogue.shuffle ? 2 : 1;
  const [, , inputHeight, inputWidth] = sources[0].tensor.shape;
  const [outputChannels, , kernelHeight, kernelWidth] = weight.shape;
  return {
    batch,
    inputChannels: channelsOf(convolution).reduce((a, b) => a + b),
    outputChannels,
    groups: new Conv2dLayout(convolution).groups,
    inputSize: [inputHeight, inputWidth],
    outputSize: [height / factor, width / factor],
    kernel: [kernelHeight, kernelWidth],
    stride: convolution.stride,
    padding: convolution.padding,
    dilation: convolution.dilation,
  };
}

/** What is to be computed, without the taps that a small map has nothing for. */
export function problemOf(convolution: Convolution): Conv2dProblem {
  const { bias, residual, relu, norm, shuffle } = convolution.epilogue;
  return {
    ...cropTaps(geometryOf(convolution)),
    inputChannels: channelsOf(convolution),
    bias: bias !== undefined,
    residual: residual !== undefined,
    relu,
    shuffle,
    affine: norm !== undefined,
  };
}

function channelsOf({ sources }: Convolution): number[] {
  return sources.map(({ tensor }) => tensor.shape[1]);
}

/** The weight as kernels read it. */
export function weightConstant(
  convolution: Convolution,
  precision: Precision,
): Constant {
  const { weight } = convolution;
  const layout = new Conv2dLayout(convolution);
  return {
    key: `weight ${weight.name} ${weight.shape} ${layout.groups} ${precision}`,
    parameters: [weight],
    pack: (values) => layout.pack(values, precision),
  };
}

/** What kernels read of the epilogue, by their bindings. */
export function epilogueConstants(
  { epilogue: { bias, norm } }: Convolution,
): Record<string, Constant> {
  const constants: Record<string, Constant> = {};
  if (bias) {
    constants.bias = {
      key: `bias ${bias.name}`,
      parameters: [bias],
      pack: packVector,
    };
  }
  if (norm) constants.affine = affineConstant(norm);
  return constants;
}

/** All that is packed, whatever the image's size. */
export function convolutionConstants(
  convolution: Convolution,
  precision: Precision,
): Constant[] {
  return [
    weightConstant(convolution, precision),
    ...Object.values(epilogueConstants(convolution)),
    ...convolution.sources
      .flatMap(({ norm }) => norm ? [affineConstant(norm)] : []),
  ];
}
