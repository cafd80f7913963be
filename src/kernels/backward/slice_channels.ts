import { blocksOf } from "../conv/conv2d.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode sliceChannels} needs to know of its operands. */
export interface SliceChannelsParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Channels of the input. */
  readonly inputChannels: number;
  /** The first channel that is taken. */
  readonly start: number;
  /** How many are taken. */
  readonly channels: number;
  /** Pixels of a plane. */
  readonly pixels: number;
}

/** Some of a tensor's channels, as a concat's backward pass takes them; shader `backward/slice_channels.wgsl`. */
export const sliceChannels: Kernel<SliceChannelsParams> = defineKernel({
  name: "slice_channels",
  source: shaders.sliceChannels,
  constants: (
    { inputChannels, start, channels, pixels }: SliceChannelsParams,
  ) => ({
    pixels,
    input_blocks: blocksOf(inputChannels),
    start,
    channels,
    whole: start % 4 === 0 && channels % 4 === 0,
  }),
  workgroups: ({ batch, channels, pixels }) => [
    Math.ceil(pixels / 256),
    blocksOf(channels),
    batch,
  ],
});
