import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode activation} needs to know of its operands. */
export interface ActivationParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** Which function. */
  readonly function: "relu" | "sigmoid";
}

/** ReLU or the logistic function; shader `elementwise/activation.wgsl`. */
export const activation: Kernel<ActivationParams> = defineKernel({
  name: "activation",
  source: shaders.activation,
  constants: ({ pixels, function: name }: ActivationParams) => ({
    pixels,
    relu: name === "relu",
    sigmoid: name === "sigmoid",
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});
