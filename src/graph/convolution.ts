import type { Conv2dGeometry } from "../kernels/backward/data_gradient.ts";
import { packVector } from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { Conv2dLayout, cropTaps } from "./conv2d_layout.ts";
import type { Conv2dProblem } from "./conv2d_problem.ts";
import {
  type Affine,
  affineConstant,
  type Constant,
  type Epilogue,
} from "./op.ts";
import type { Parameter, Shape, Tensor } from "./tensor.ts";

/** A convolution with the operations fused before and after it. */
export interface Convolution {
  /** The layer's name. */
  readonly name: string;
  /** Shape of the result. */
  readonly shape: Shape;
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
  /** O×(C/groups)×k×k. */
  readonly weight: Parameter;
  /** The inputs; several are concatenated. */
  readonly sources: readonly ConvolutionSource[];
  readonly epilogue: ConvolutionEpilogue;
}

/** An input of a convolution. */
export interface ConvolutionSource {
  readonly tensor: Tensor;
  /** A norm that is applied on load, followed by a ReLU. Default: none. */
  readonly norm?: Affine;
}

/** What follows a convolution's sums, in this order: bias, residual, ReLU, norm, shuffle. */
export interface ConvolutionEpilogue extends Epilogue {
  readonly bias?: Parameter;
  readonly norm?: Affine;
  /** Whether a pixel shuffle by 2 follows; the convolution's shape is then that of the shuffled result. */
  readonly shuffle: boolean;
}

/** Floating-point operations, two per multiply-add. */
export function convolutionFlops({ shape, weight }: Convolution): number {
  const elements = shape.reduce((a, b) => a * b);
  return 2 * elements * weight.shape.slice(1).reduce((a, b) => a * b);
}

/** The geometry for kernels, with the inputs concatenated. */
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

/** The problem to compute, without taps that read only padding. */
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

/** The weight as a packed constant. */
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

/** Constants of the epilogue by binding. */
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

/** All packed constants, which do not depend on the image's size. */
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
