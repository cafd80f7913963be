import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode concat} needs to know of its operands. */
export interface ConcatParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of each input. */
  readonly inputChannels: readonly number[];
  /** Pixels of a plane. */
  readonly pixels: number;
}

/** Channels of several tensors in one, for where a reader cannot take them apart; shader `elementwise/concat.wgsl`. */
export const concat: Kernel<ConcatParams> = defineKernel({
  name: "concat",
  source: shaders.concat,
  constants: ({ inputChannels, pixels }: ConcatParams) => ({
    pixels,
    whole: inputChannels.every((channels) => channels % 4 === 0),
    output_blocks: blocksOf(inputChannels.reduce((a, b) => a + b, 0)),
    inputs: inputChannels.length,
  }),
  shape({ inputChannels }) {
    let start = 0;
    return {
      channels: inputChannels,
      start: inputChannels.map((channels) => (start += channels) - channels),
    };
  },
  literalShape: () => true,
  workgroups: ({ batch, inputChannels, pixels }) => [
    Math.ceil(pixels / 256),
    blocksOf(inputChannels.reduce((a, b) => a + b, 0)),
    batch,
  ],
});
