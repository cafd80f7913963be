import { defineKernel, type Kernel } from "../kernel.ts";
import { shaders } from "../shaders.ts";

/** What {@linkcode mean} needs to know of its operand. */
export interface MeanParams {
  /** Partial sums. */
  readonly length: number;
  /** What their sum is divided by. */
  readonly count: number;
}

/** A mean from partial sums; shader `loss/mean.wgsl`. */
export const mean: Kernel<MeanParams> = defineKernel({
  name: "mean",
  source: shaders.mean,
  constants: ({ length, count }: MeanParams) => ({ length, count }),
  workgroups: () => [1, 1, 1],
});
