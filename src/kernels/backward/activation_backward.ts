import type { ActivationParams } from "../elementwise/activation.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** Gradient of {@linkcode activation}'s input from that of its output, and the output; shader `backward/activation_backward.wgsl`. */
export const activationBackward: Kernel<ActivationParams> = defineKernel({
  name: "activation_backward",
  source: shaders.activationBackward,
  constants: ({ pixels, function: name }: ActivationParams) => ({
    pixels,
    relu: name === "relu",
    sigmoid: name === "sigmoid",
  }),
  workgroups: ({ planes, pixels }) => [Math.ceil(pixels / 256), planes, 1],
});
