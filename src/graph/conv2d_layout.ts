import {
  packConvWeight,
  regroupWeight,
  ungroupWeight,
  unpackConvWeight,
  type WeightShape,
} from "../kernels/pack_weights.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { Parameter } from "./parameter.ts";

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
