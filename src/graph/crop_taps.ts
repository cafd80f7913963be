import { blocksOf } from "../kernels/conv/conv2d.ts";
import type { Conv2dGeometry } from "../kernels/backward/conv2d_data_gradient.ts";
import { cropWeight } from "../kernels/conv/crop_weight.ts";
import { bytesOf } from "../kernels/pack_tensor.ts";
import type { WeightShape } from "../kernels/pack_weights.ts";
import type { Precision } from "../kernels/wgsl/specialize.ts";
import type { ComputedConstant, Constant } from "./operation.ts";

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
