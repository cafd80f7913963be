import { blocksOf } from "../../kernels/conv/conv2d.ts";
import type { Conv2dGeometry } from "../../kernels/backward/conv2d_data_gradient.ts";
import { packedBytes } from "../../kernels/pack_tensor.ts";
import type { Precision } from "../../kernels/wgsl/specialize.ts";
import type { SubsampleParams } from "../../kernels/backward/subsample.ts";
import type { Value } from "../step/tape.ts";

/**
 * A 1×1 convolution with a stride is one without, of the pixels that the stride meets: what it is then, and how those pixels are
 * taken from its input. Nothing for other convolutions.
 */
export function withoutStride(
  full: Conv2dGeometry,
): { geometry: Conv2dGeometry; sampling: SubsampleParams } | undefined {
  const { batch, kernel, stride, padding, inputSize, outputSize } = full;
  if (kernel[0] * kernel[1] > 1 || stride === 1 || padding > 0) return;
  return {
    geometry: { ...full, inputSize: outputSize, stride: 1 },
    sampling: {
      planes: batch * blocksOf(full.inputChannels),
      fullSize: inputSize,
      size: outputSize,
      stride,
    },
  };
}

/** A value for the input of a convolution of that geometry. */
export function inputOf(
  { batch, inputChannels, inputSize }: Conv2dGeometry,
  name: string,
  precision: Precision,
): Value {
  const shape = [batch, inputChannels, ...inputSize] as const;
  return { name, bytes: packedBytes(shape, precision) };
}
