import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode channelSums} needs to know of its operands. */
export interface ChannelSumsParams {
  /** Batch times blocks of four channels. */
  readonly planes: number;
  /** Pixels of a plane. */
  readonly pixels: number;
}

const PLANES = 8; // a workgroup

/** Sums over the pixels of each plane, the gradient of a bias image by image; shader `backward/channel_sums.wgsl`. */
export const channelSums: Kernel<ChannelSumsParams> = defineKernel({
  name: "channel_sums",
  source: shaders.channelSums,
  constants: ({ planes, pixels }: ChannelSumsParams) => ({
    planes,
    pixels,
  }),
  workgroups: ({ planes }) => [
    Math.ceil(planes / PLANES),
    1,
    1,
  ],
});
