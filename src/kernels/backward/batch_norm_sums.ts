import type { BatchMomentsParams } from "../norm/batch_moments.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode batchNormSums} needs to know of its operands. */
export interface BatchNormSumsParams extends BatchMomentsParams {
  /** Whether a ReLU followed, as part of the batch norm. */
  readonly relu: boolean;
}

const PLANES = 8; // a workgroup

/** Sums of a batch norm's backward pass, image by image; shader `backward/batch_norm_sums.wgsl`. */
export const batchNormSums: Kernel<BatchNormSumsParams> = defineKernel({
  name: "batch_norm_sums",
  source: shaders.batchNormSums,
  constants: ({ batch, blocks, pixels, relu }: BatchNormSumsParams) => ({
    planes: batch * blocks,
    blocks,
    pixels,
    relu,
  }),
  workgroups: ({ batch, blocks }) => [
    Math.ceil(batch * blocks / PLANES),
    1,
    1,
  ],
});
