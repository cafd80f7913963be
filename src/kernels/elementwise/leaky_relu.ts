import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode leakyRelu} needs to know of its operands. */
export interface LeakyReluParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** What negative values are multiplied by. */
  readonly slope: number;
  /** Whether `gradient` is what is multiplied, and `input` the result of the forward pass. */
  readonly backward: boolean;
}

/** Leaky ReLU, and the gradient of its input; shader `elementwise/leaky_relu.wgsl`. */
export const leakyRelu: Kernel<LeakyReluParams> = defineKernel({
  name: "leaky_relu",
  source: shaders.leakyRelu,
  constants: ({ pixels, slope, backward }: LeakyReluParams) => ({
    pixels,
    slope,
    backward,
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});
