import { defineKernel, type Kernel } from "../kernel.ts";
import { planeThreads } from "../plane_threads.ts";
import { shaders } from "../shaders.ts";

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
  /** Whether a tensor of the input's shape is added before. Default: no. */
  readonly residual?: boolean;
}

/** Batch norm with running statistics, as one scale and shift a channel; shader `norm/batch_norm.wgsl`. */
export const batchNorm: Kernel<BatchNormParams> = defineKernel({
  name: "batch_norm",
  source: shaders.batchNorm,
  constants: (
    { batch, blocks, pixels, relu, residual = false }: BatchNormParams,
  ) => ({
    planes: batch * blocks,
    blocks,
    pixels,
    relu,
    has_residual: residual,
    ...planeThreads,
  }),
  workgroups({ batch, blocks, pixels }) {
    const { rows, span } = planeThreads;
    return [Math.ceil(pixels / span), Math.ceil(batch * blocks / rows), 1];
  },
});
