import type { Conv2dGeometry } from "../kernels/backward/data_gradient.ts";
import {
  blocksOf,
  conv2d,
  conv2dPointwise,
  conv2dShared,
} from "../kernels/conv/conv2d.ts";
import { conv2dPatch } from "../kernels/conv/conv2d_patch.ts";
import { cropWeight } from "../kernels/conv/winograd.ts";
import { batchNorm } from "../kernels/norm.ts";
import {
  bytesOf,
  packConvWeight,
  packedBytes,
  regroupWeight,
  ungroupWeight,
  unpackConvWeight,
  type WeightShape,
} from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import { chooseVariant } from "./conv2d_variant.ts";
import {
  type Convolution,
  convolutionFlops,
  type ConvolutionSource,
  epilogueConstants,
  problemOf,
  weightConstant,
} from "./convolution.ts";
import { lowerWinograd } from "./lower_winograd.ts";
import {
  affineConstant,
  type ComputedConstant,
  type Constant,
  type Operation,
  type Scratch,
  type Target,
} from "./op.ts";
import type { Parameter, Tensor } from "./tensor.ts";

/** How a convolution's weight lies on the GPU. */
export class Conv2dLayout {
  /** Groups as the kernels see them. */
  readonly groups: number;
  /** Whether the weight is stored as that of one group, with zeros between the layer's groups. */
  readonly dense: boolean;
  readonly #shape: WeightShape;
  readonly #nodeGroups: number;

  /** The layout for a weight O×(C/groups)×k×k. */
  constructor(
    { weight, groups }: { readonly weight: Parameter; readonly groups: number },
  ) {
    const [outputs, inputs, height, width] = weight.shape;
    // Groups that do not fill blocks of four channels are computed as one, with zeros between them.
    this.dense = groups > 1 &&
      (inputs % 4 !== 0 || (outputs / groups) % 4 !== 0);
    this.groups = this.dense ? 1 : groups;
    this.#shape = { outputs, inputs, kernel: [height, width] };
    this.#nodeGroups = groups;
  }

  /** The weight's sizes as it is stored; its inputs are of one group. */
  get stored(): WeightShape {
    const { inputs } = this.#shape;
    return {
      ...this.#shape,
      inputs: this.dense ? inputs * this.#nodeGroups : inputs,
    };
  }

  /** Packs a weight. */
  pack(values: Float32Array, precision: Precision): ArrayBuffer {
    const plain = this.dense
      ? ungroupWeight(values, this.#shape, this.#nodeGroups)
      : values;
    return packConvWeight(plain, this.stored, precision);
  }

  /** Takes a weight out of its 32-bit packing. */
  unpack(packed: Float32Array): Float32Array<ArrayBuffer> {
    const plain = unpackConvWeight(packed, this.stored);
    return this.dense
      ? regroupWeight(plain, this.#shape, this.#nodeGroups)
      : plain;
  }
}

/**
 * A dilated convolution without those taps around the kernel's middle that read padding alone, whatever the pixel: where the
 * dilation reaches beyond a small map, a 3×3 convolution is a 1×1.
 */
export function cropTaps<T extends Conv2dGeometry>(geometry: T): T {
  const { kernel: [side], padding, dilation } = geometry;
  let border = 0;
  while (
    dilation > 1 && 2 * (border + 1) < side &&
    (border + 1) * dilation <= padding &&
    isOutside(border, geometry) && isOutside(side - 1 - border, geometry)
  ) border++;
  const inner = side - 2 * border;
  return {
    ...geometry,
    kernel: [inner, inner],
    padding: padding - border * dilation,
  };
}

/** Whether a tap of a kernel's diagonal lies above and left of the map, or below and right of it, for all outputs. */
function isOutside(
  tap: number,
  { inputSize, outputSize, stride, padding, dilation }: Conv2dGeometry,
): boolean {
  return [0, 1].every((axis) => {
    const first = tap * dilation - padding;
    const last = first + (outputSize[axis] - 1) * stride;
    return last < 0 || first >= inputSize[axis];
  });
}

/** The weight of a kernel of `side` taps each way, cropped from the whole one; that one where nothing is cropped. */
export function croppedWeight(
  weight: Constant,
  { stored, side, precision }: {
    readonly stored: WeightShape;
    readonly side: number;
    readonly precision: Precision;
  },
): Constant | ComputedConstant {
  const { outputs, inputs, kernel } = stored;
  const border = (kernel[0] - side) / 2;
  if (border === 0) return weight;
  const values = blocksOf(outputs) * blocksOf(inputs) * 16 * side * side;
  return {
    key: `crop ${border} ${weight.key}`,
    source: weight,
    binding: "weight",
    program: cropWeight.program({ ...stored, border }, precision),
    bytes: bytesOf(values, precision),
  };
}

const KERNELS = {
  direct: conv2d,
  pointwise: conv2dPointwise,
  shared: conv2dShared,
};

/** The kernels for a convolution: the way that is known to be best, or a sensible one. */
export function lowerConv2d(
  convolution: Convolution,
  target: Target,
): readonly Operation[] {
  const { precision, subgroupSize } = target;
  const params = problemOf(convolution);
  const variant = target.variantOf?.(params) ?? chooseVariant(params, target);
  if (variant.algorithm === "winograd") {
    return lowerWinograd(convolution, { ...target, ...variant });
  }
  const program = variant.algorithm === "patch"
    ? conv2dPatch.program(
      { ...params, broadcast: subgroupSize === 8 },
      precision,
    )
    : KERNELS[variant.algorithm]
      .program({ ...params, tiling: variant.tiling }, precision);
  const { sources, epilogue: { residual } } = convolution;
  const normalized = sources.map((source) => normalize(source, precision));
  const tensors: Record<string, Tensor> = residual ? { residual } : {};
  const scratch: Record<string, Scratch> = {};
  sources.forEach(({ tensor }, i) => {
    const place = normalized[i]?.scratch.output;
    if (place) scratch[`input${i}`] = place;
    else tensors[`input${i}`] = tensor;
  });
  const constants = {
    weight: croppedWeight(weightConstant(convolution, precision), {
      stored: new Conv2dLayout(convolution).stored,
      side: params.kernel[0],
      precision,
    }),
    ...epilogueConstants(convolution),
  };
  const flops = convolutionFlops(convolution);
  return [
    ...normalized.filter((operation) => operation !== undefined),
    { program, tensors, constants, scratch, flops },
  ];
}

/** A copy of a source that is to be normalized, for kernels that do not do it themselves. */
function normalize({ tensor, norm }: ConvolutionSource, precision: Precision) {
  if (!norm) return undefined;
  const [batch, channels, height, width] = tensor.shape;
  return {
    program: batchNorm.program({
      batch,
      blocks: blocksOf(channels),
      pixels: height * width,
      relu: true,
    }, precision),
    tensors: { input: tensor },
    constants: { affine: affineConstant(norm) },
    scratch: { output: { size: packedBytes(tensor.shape, precision) } },
  };
}
