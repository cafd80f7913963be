import type { Conv2dLayout } from "../../graph/conv2d_layout.ts";
import type { Parameter } from "../../graph/tensor.ts";
import { packVector } from "../../kernels/pack.ts";
import { elementCount } from "../../weights/tensor_data.ts";

/** A trained parameter or running statistic, and its 32-bit layout on the GPU. */
export interface ParameterSlot {
  /** State-dict key. */
  readonly name: string;
  /** Shape in PyTorch. */
  readonly shape: readonly number[];
  /** Bytes when packed. */
  readonly bytes: number;
  pack(values: Float32Array): Float32Array<ArrayBuffer>;
  unpack(packed: Float32Array): Float32Array<ArrayBuffer>;
}

/** The parameters of a graph, for training. */
export interface ParameterSlots {
  /** Parameters with gradients. */
  readonly trained: readonly ParameterSlot[];
  /** Running statistics of batch norms. */
  readonly statistics: readonly ParameterSlot[];
}

/** The slot of a convolution's weight. */
export function weightSlot(
  { name, shape }: Parameter,
  layout: Conv2dLayout,
): ParameterSlot {
  const { outputs, inputs, kernel: [height, width] } = layout.stored;
  const blocks = Math.ceil(outputs / 4) * Math.ceil(inputs / 4);
  return {
    name,
    shape,
    bytes: blocks * height * width * 64,
    pack: (values) => new Float32Array(layout.pack(values, "f32")),
    unpack: (packed) => layout.unpack(packed),
  };
}

/** The slot of a vector, with one value per channel. */
export function vectorSlot({ name, shape }: Parameter): ParameterSlot {
  const length = elementCount(shape);
  return {
    name,
    shape,
    bytes: Math.ceil(length / 4) * 16,
    pack: (values) => new Float32Array(packVector(values)),
    unpack: (packed) => Float32Array.from(packed.subarray(0, length)),
  };
}
