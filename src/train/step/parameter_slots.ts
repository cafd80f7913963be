import type { Conv2dLayout } from "../../graph/conv2d_layout.ts";
import type { Parameter } from "../../graph/tensor.ts";
import { packVector } from "../../kernels/pack.ts";
import { elementCount } from "../../weights/tensor_data.ts";

/** A learned parameter or running statistic and how it is packed on the GPU, always 32-bit. */
export interface ParameterSlot {
  /** Its state-dict key. */
  readonly name: string;
  /** Its sizes, as PyTorch has them. */
  readonly shape: readonly number[];
  /** Bytes when packed. */
  readonly bytes: number;
  /** Packs its values. */
  pack(values: Float32Array): Float32Array<ArrayBuffer>;
  /** Takes its values out of their packing. */
  unpack(packed: Float32Array): Float32Array<ArrayBuffer>;
}

/** What a training step keeps of a graph's parameters. */
export interface ParameterSlots {
  /** What gradients change. */
  readonly trained: readonly ParameterSlot[];
  /** The running statistics of batch norms. */
  readonly statistics: readonly ParameterSlot[];
}

/** How a convolution's weight is packed. */
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

/** How a vector is packed, a value for each channel. */
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
