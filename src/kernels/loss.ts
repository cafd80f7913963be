import { defineKernel, type Kernel } from "./kernel.ts";
import { shaders } from "./shaders.ts";

/** What {@linkcode bceWithLogits} needs to know of its operands. */
export interface BceWithLogitsParams {
  /** Logits, of all images. */
  readonly count: number;
}

/** Workgroups of {@linkcode bceWithLogits}, and so its partial sums. */
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
