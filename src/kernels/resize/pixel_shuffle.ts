import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode pixelShuffle} needs to know of its operands. */
export interface PixelShuffleParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of the input: those of the output times `factor` squared. */
  readonly inputChannels: number;
  /** Height and width of the input. */
  readonly inputSize: readonly [number, number];
  /** How much larger the output is, each way. */
  readonly factor: number;
}

/** Channels into neighboring pixels (Shi et al. 2016, arXiv 1609.05158); shader `resize/pixel_shuffle.wgsl`. */
export const pixelShuffle: Kernel<PixelShuffleParams> = defineKernel({
  name: "pixel_shuffle",
  source: shaders.pixelShuffle,
  constants: ({ inputChannels, inputSize, factor }: PixelShuffleParams) => ({
    input_channels: inputChannels,
    output_channels: inputChannels / (factor * factor),
    input_height: inputSize[0],
    input_width: inputSize[1],
    factor,
  }),
  workgroups: (
    { batch, inputChannels, inputSize: [height, width], factor },
  ) => [
    Math.ceil(height * width * factor * factor / 256),
    blocksOf(inputChannels / (factor * factor)),
    batch,
  ],
});
