import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import type { PixelShuffleParams } from "../resize/pixel_shuffle.ts";
import { shaders } from "../shaders.ts";

/** Gradient of {@linkcode pixelShuffle}'s input; shader `backward/pixel_shuffle_backward.wgsl`. */
export const pixelShuffleBackward: Kernel<PixelShuffleParams> = defineKernel({
  name: "pixel_shuffle_backward",
  source: shaders.pixelShuffleBackward,
  constants: ({ inputChannels, inputSize, factor }: PixelShuffleParams) => ({
    input_channels: inputChannels,
    output_channels: inputChannels / (factor * factor),
    input_height: inputSize[0],
    input_width: inputSize[1],
    factor,
  }),
  workgroups: ({ batch, inputChannels, inputSize: [height, width] }) => [
    Math.ceil(height * width / 256),
    blocksOf(inputChannels),
    batch,
  ],
});
