import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode batchMoments} needs to know of its operands. */
export interface BatchMomentsParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Blocks of four channels. */
  readonly blocks: number;
  /** Pixels of a plane. */
  readonly pixels: number;
}

const PLANES = 8; // a workgroup

/** Mean and squared deviations of each image's channels, for batch statistics; shader `norm/batch_moments.wgsl`. */
export const batchMoments: Kernel<BatchMomentsParams> = defineKernel({
  name: "batch_moments",
  source: shaders.batchMoments,
  constants: ({ batch, blocks, pixels }: BatchMomentsParams) => ({
    planes: batch * blocks,
    pixels,
  }),
  workgroups: ({ batch, blocks }) => [
    Math.ceil(batch * blocks / PLANES),
    1,
    1,
  ],
});
