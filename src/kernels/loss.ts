import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** Parameters of {@linkcode bceWithLogits}. */
export interface BceWithLogitsParams {
  /** Number of logits in all images. */
  readonly count: number;
}

/** Number of workgroups of {@linkcode bceWithLogits}, which is also that of its partial sums. */
export function lossWorkgroups({ count }: BceWithLogitsParams): number {
  return Math.min(256, Math.ceil(count / 256));
}

/** Binary cross-entropy with logits and its gradient; shader `loss/bce_with_logits.wgsl`. */
export const bceWithLogits: Kernel<BceWithLogitsParams> = defineKernel({
  name: "bce_with_logits",
  source: shaders.bceWithLogits,
  constants: (params: BceWithLogitsParams) => ({
    count: params.count,
    step: lossWorkgroups(params) * 256,
  }),
  workgroups: (params) => [lossWorkgroups(params), 1, 1],
});

/** Parameters of {@linkcode mean}. */
export interface MeanParams {
  /** Number of partial sums. */
  readonly length: number;
  /** The divisor of their sum. */
  readonly count: number;
}

/** Computes a mean from partial sums; shader `loss/mean.wgsl`. */
export const mean: Kernel<MeanParams> = defineKernel({
  name: "mean",
  source: shaders.mean,
  constants: ({ length, count }: MeanParams) => ({ length, count }),
  workgroups: () => [1, 1, 1],
});
