import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** What {@linkcode batchNorm} needs to know of its operands. */
export interface BatchNormParams {
  /** Images in the batch. */
  readonly batch: number;
  /** Blocks of four channels. */
  readonly blocks: number;
  /** Pixels of a plane. */
  readonly pixels: number;
  /** Whether negative results become zero. */
  readonly relu: boolean;
}

/** Batch norm with running statistics, as one scale and shift a channel; shader `norm/batch_norm.wgsl`. */
export const batchNorm: Kernel<BatchNormParams> = defineKernel({
  name: "batch_norm",
  source: shaders.batchNorm,
  constants: ({ blocks, pixels, relu }: BatchNormParams) => ({
    blocks,
    pixels,
    relu,
  }),
  workgroups: ({ batch, blocks, pixels }) => [
    Math.ceil(pixels / 256),
    batch * blocks,
    1,
  ],
});
