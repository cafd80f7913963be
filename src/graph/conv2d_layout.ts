import type { Conv2dGeometry } from "../kernels/backward/data_gradient.ts";
import { blocksOf } from "../kernels/conv/conv2d.ts";
import { cropWeight } from "../kernels/conv/winograd.ts";
import {
  bytesOf,
  packConvWeight,
  regroupWeight,
  ungroupWeight,
  unpackConvWeight,
  type WeightShape,
} from "../kernels/pack.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { ComputedConstant, Constant } from "./op.ts";
import type { Parameter } from "./tensor.ts";

/** How a convolution's weight is stored on the GPU. */
export class Conv2dLayout {
  /** Groups in the kernels. */
  readonly groups: number;
  /** Whether the weight is stored as one group, with zeros between the layer's groups. */
  readonly dense: boolean;
  readonly #shape: WeightShape;
  readonly #nodeGroups: number;

  /** The layout of a weight O×(C/groups)×k×k. */
  constructor(
    { weight, groups }: { readonly weight: Parameter; readonly groups: number },
  ) {
    const [outputs, inputs, height, width] = weight.shape;
    // Groups that are not multiples of four channels are computed as one, with zeros between them.
    this.dense = groups > 1 &&
      (inputs % 4 !== 0 || (outputs / groups) % 4 !== 0);
    this.groups = this.dense ? 1 : groups;
    this.#shape = { outputs, inputs, kernel: [height, width] };
    this.#nodeGroups = groups;
  }

  /** Sizes of the stored weight; the inputs are those of one group. */
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

  /** Unpacks a 32-bit weight. */
  unpack(packed: Float32Array): Float32Array<ArrayBuffer> {
    const plain = unpackConvWeight(packed, this.stored);
    return this.dense
      ? regroupWeight(plain, this.#shape, this.#nodeGroups)
      : plain;
  }
}

/**
 * Removes the outer taps of a dilated convolution that read only padding at every pixel. If the dilation exceeds a small
 * map, a 3×3 convolution becomes a 1×1.
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

/** Whether a tap on the kernel's diagonal is outside the map on both axes, for all outputs. */
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

/** The weight of a kernel cropped to `side` × `side` taps, or the whole weight if nothing is cropped. */
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
