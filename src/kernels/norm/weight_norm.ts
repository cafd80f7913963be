import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode weightNorm} needs to know of its operands. */
export interface WeightNormParams {
  /** Blocks of four output channels. */
  readonly blocks: number;
  /** Vectors that a block's packed weight takes. */
  readonly vectors: number;
}

/** A weight from its direction and length (Salimans, Kingma 2016, arXiv 1602.07868); shader `norm/weight_norm.wgsl`. */
export const weightNorm: Kernel<WeightNormParams> = defineKernel({
  name: "weight_norm",
  source: shaders.weightNorm,
  constants: () => ({}),
  shape: ({ vectors }: WeightNormParams) => ({ vectors }),
  workgroups: ({ blocks }) => [blocks, 1, 1],
});
